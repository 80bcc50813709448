package zapfilter_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/oneport-thrift/oneport/filter/zapfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

type handler = mux.HandlerFunc

// answers returns a handler that always returns the same.
func answers(rep mux.Reply, err error) handler {
	return func(context.Context, *mux.Request) (mux.Reply, error) { return rep, err }
}

func newLog(opts zapfilter.Options) (*zapfilter.Log, *observer.ObservedLogs) {
	core, logs := observer.New(zap.DebugLevel)
	return zapfilter.New(zap.New(core), opts), logs
}

// one returns the only line that was logged since it was last asked.
func one(t *testing.T, logs *observer.ObservedLogs) (zapcore.Level, map[string]any) {
	t.Helper()
	all := logs.TakeAll()
	if len(all) != 1 || all[0].Message != "call" {
		t.Fatalf("logged %v, want one line \"call\"", all)
	}
	return all[0].Level, all[0].ContextMap()
}

func TestOutcomes(t *testing.T) {
	secret := errors.New("no disk")
	exception := wire.AppendExceptionBody(nil, wire.Binary, int32(mux.Overloaded), "come back later")
	for _, c := range []struct {
		name    string
		oneway  bool
		rep     mux.Reply
		err     error
		level   zapcore.Level
		outcome string
		text    any // of the error, nil for none
	}{
		{name: "a result", rep: mux.Reply{Type: wire.Reply}, level: zap.InfoLevel, outcome: "ok"},
		{name: "a oneway", oneway: true, level: zap.InfoLevel, outcome: "ok"},
		{name: "a declared exception", rep: mux.Reply{Type: wire.Reply, Failed: true}, level: zap.InfoLevel, outcome: "exception"},
		{name: "an error of the handler", err: secret, level: zap.ErrorLevel, outcome: "internal error", text: "no disk"},
		{name: "a oneway that failed", oneway: true, err: secret, level: zap.ErrorLevel, outcome: "internal error", text: "no disk"},
		{name: "an unknown method", err: mux.Errorf(mux.UnknownMethod, "what?"), level: zap.WarnLevel, outcome: "unknown method", text: "what?"},
		{name: "a wrapped code", err: fmt.Errorf("foo: %w", mux.Errorf(mux.PermissionDenied, "no")), level: zap.WarnLevel, outcome: "permission denied", text: "foo: no"},
		{name: "the client went away", err: context.Canceled, level: zap.WarnLevel, outcome: "canceled", text: "context canceled"},
		{name: "a deadline", err: context.DeadlineExceeded, level: zap.ErrorLevel, outcome: "deadline exceeded", text: "context deadline exceeded"},
		{name: "an exception without an error", rep: mux.Reply{Type: wire.Exception, Body: exception}, level: zap.ErrorLevel, outcome: "overloaded", text: "come back later"},
		{name: "an exception that cannot be read", rep: mux.Reply{Type: wire.Exception, Body: exception[:5]}, level: zap.ErrorLevel, outcome: "internal error"},
		{name: "no reply", level: zap.ErrorLevel, outcome: "missing result", text: "missing result"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log, logs := newLog(zapfilter.Options{})
			req := &mux.Request{Service: "S", Method: "m", Type: wire.Call, Protocol: wire.Binary}
			if c.oneway {
				req.Type = wire.Oneway
			}
			rep, err := mux.Chain(answers(c.rep, c.err), log.Filter).ServeThrift(t.Context(), req)
			if rep.Type != c.rep.Type || rep.Failed != c.rep.Failed || err != c.err {
				t.Errorf("the filter returned %v, %v", rep, err)
			}
			level, fields := one(t, logs)
			if level != c.level || fields["outcome"] != c.outcome {
				t.Errorf("logged %v at %v, want %q at %v", fields, level, c.outcome, c.level)
			}
			if c.text != nil && fields["error"] != c.text {
				t.Errorf("error %v, want %v", fields["error"], c.text)
			}
			if _, oneway := fields["oneway"]; oneway != c.oneway {
				t.Errorf("oneway %v, want %v", oneway, c.oneway)
			}
		})
	}
}

func TestFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, logs := newLog(zapfilter.Options{})
		m := mux.New()
		m.Handle("UserApi", handler(func(context.Context, *mux.Request) (mux.Reply, error) {
			time.Sleep(2 * time.Second)
			return mux.Reply{Type: wire.Reply, Body: make([]byte, 7)}, nil
		}))
		m.Alias("", "UserApi")
		req := &mux.Request{
			Method:   "get",
			Type:     wire.Call,
			Peer:     &mux.Peer{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 99}, Dialect: "framed binary"},
			Received: time.Now(),
			Body:     make([]byte, 5),
		}
		time.Sleep(time.Second) // in a queue
		mux.Chain(m, log.Filter).ServeThrift(t.Context(), req)
		_, got := one(t, logs)
		want := map[string]any{
			"service": "", "method": "get", "route": "UserApi",
			"peer": "10.0.0.1:99", "dialect": "framed binary",
			"duration": 3 * time.Second, "request_bytes": int64(5), "reply_bytes": int64(7),
			"outcome": "ok",
		}
		if !maps.Equal(got, want) {
			t.Errorf("logged\n%v, want\n%v", got, want)
		}
	})
}

func TestPanics(t *testing.T) {
	log, logs := newLog(zapfilter.Options{})
	panics := handler(func(context.Context, *mux.Request) (mux.Reply, error) { panic("oops") })

	m := mux.New() // catches it
	m.Handle("S", panics)
	mux.Chain(m, log.Filter).ServeThrift(t.Context(), &mux.Request{Service: "S", Type: wire.Call})
	level, fields := one(t, logs)
	stack, _ := fields["stack"].(string)
	if level != zap.ErrorLevel || fields["error"] != "mux: panic: oops" || !strings.Contains(stack, "TestPanics") {
		t.Errorf("logged %v at %v", fields, level)
	}

	log, logs = newLog(zapfilter.Options{}) // the panics of one place have one line a second
	func() {
		defer func() {
			if v := recover(); v != "oops" {
				t.Errorf("recovered %v, want the panic to pass through", v)
			}
		}()
		mux.Chain(panics, log.Filter).ServeThrift(t.Context(), &mux.Request{Type: wire.Call})
	}()
	level, fields = one(t, logs)
	if stack, _ := fields["stack"].(string); level != zap.ErrorLevel || fields["error"] != "mux: panic: oops" || !strings.Contains(stack, "TestPanics") {
		t.Errorf("a panic that passed through: logged %v at %v", fields, level)
	}
}

func TestLevels(t *testing.T) {
	log, logs := newLog(zapfilter.Options{Success: zap.DebugLevel, Exception: zap.WarnLevel})
	for want, rep := range map[zapcore.Level]mux.Reply{
		zap.DebugLevel: {Type: wire.Reply},
		zap.WarnLevel:  {Type: wire.Reply, Failed: true},
	} {
		mux.Chain(answers(rep, nil), log.Filter).ServeThrift(t.Context(), &mux.Request{Type: wire.Call})
		if got, _ := one(t, logs); got != want {
			t.Errorf("logged %v at %v, want %v", rep, got, want)
		}
	}
}

func TestSampleSuccess(t *testing.T) {
	ok := answers(mux.Reply{Type: wire.Reply}, nil)
	for n, want := range map[uint64]int{0: 10, 1: 10, 2: 5, 4: 3, 100: 1} {
		log, logs := newLog(zapfilter.Options{SampleSuccess: n})
		req := &mux.Request{Type: wire.Call}
		for range 10 {
			mux.Chain(ok, log.Filter).ServeThrift(t.Context(), req)
		}
		if got := logs.Len(); got != want {
			t.Errorf("SampleSuccess %d: %d lines for 10 calls, want %d", n, got, want)
		}
		for _, rep := range []mux.Reply{{Type: wire.Reply, Failed: true}, {}} {
			logs.TakeAll()
			mux.Chain(answers(rep, nil), log.Filter).ServeThrift(t.Context(), req)
			one(t, logs) // is never left out
		}
	}
}

func TestNilLogger(t *testing.T) {
	rep, err := zapfilter.New(nil, zapfilter.Options{}).Filter(answers(mux.Reply{Type: wire.Reply}, nil)).
		ServeThrift(t.Context(), &mux.Request{Type: wire.Call})
	if rep.Type != wire.Reply || err != nil {
		t.Errorf("got %v, %v", rep, err)
	}
}

func TestCallsThatAreNotLoggedDoNotAllocate(t *testing.T) {
	core, _ := observer.New(zap.WarnLevel)
	log := zapfilter.New(zap.New(core), zapfilter.Options{})
	h := mux.Chain(answers(mux.Reply{Type: wire.Reply}, nil), log.Filter)
	req := &mux.Request{Type: wire.Call, Received: time.Now()}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { h.ServeThrift(ctx, req) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}
