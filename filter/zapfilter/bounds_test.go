package zapfilter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"

	"github.com/oneport-thrift/oneport/filter/zapfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// TestFailuresASecond has calls fail with texts and names that the client makes up.
func TestFailuresASecond(t *testing.T) {
	for option, want := range map[int][2]int{0: {10, 1}, 3: {3, 1}, -1: {100, 100}} { // of errors, of panics
		synctest.Test(t, func(t *testing.T) {
			log, logs := newLog(zapfilter.Options{Failures: option})
			m := mux.New()
			m.Handle("S", handler(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
				if strings.HasPrefix(req.Method, "panic") {
					panic(req.Method)
				}
				return mux.Reply{}, errors.New(req.Method)
			}))
			h := mux.Chain(m, log.Filter)
			for second := range 2 {
				for i, kind := range []string{"fail", "panic"} {
					for n := range 100 {
						h.ServeThrift(t.Context(), &mux.Request{Service: "S", Method: fmt.Sprint(kind, n), Type: wire.Call})
					}
					all := logs.TakeAll()
					if len(all) != want[i] {
						t.Fatalf("Failures %d: %d lines of %s, want %d", option, len(all), kind, want[i])
					}
					stacks := 0
					for _, e := range all {
						if _, ok := e.ContextMap()["stack"]; ok {
							stacks++
						}
					}
					if first := kind == "panic" && second == 0; first && stacks != 1 || !first && stacks != 0 {
						t.Errorf("Failures %d: %d stacks in second %d of %s", option, stacks, second, kind)
					}
					unlogged, _ := all[0].ContextMap()["unlogged"].(int64)
					if left := (100 - want[i]) * second; int(unlogged) != left {
						t.Errorf("Failures %d: a line tells of %d unlogged, want %d", option, unlogged, left)
					}
				}
				time.Sleep(time.Second)
			}
		})
	}
}

func TestBrokenConnectionsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, logs := newLog(zapfilter.Options{})
		for range 100 {
			log.Observer().Closed(nil, io.ErrUnexpectedEOF)
		}
		if got := logs.Len(); got != 10 {
			t.Errorf("%d lines, want 10", got)
		}
	})
}

// TestTextsAreValid has every text that a client or another server can choose.
func TestTextsAreValid(t *testing.T) {
	log, logs := newLog(zapfilter.Options{})
	peer := &mux.Peer{Addr: &net.UnixAddr{Name: "/tmp/\xff"}, Dialect: "framed binary"}
	m := mux.New()
	m.Handle("S\xff", answers(mux.Reply{}, fmt.Errorf("downstream: %w", errors.New("\xfe"+strings.Repeat("x", 10_000)))))
	m.Alias("A\xff", "S\xff")
	req := &mux.Request{Service: "A\xff", Method: "get\xff" + strings.Repeat("x", 500), Type: wire.Call, Peer: peer}
	mux.Chain(m, log.Filter).ServeThrift(t.Context(), req)
	o := log.Observer()
	o.Opened(peer)
	o.Closed(peer, errors.New("\xfd"))
	o.Refused(peer, mux.Refusal{Bound: "dialect", Err: errors.New("\xfc")})
	all := logs.TakeAll()
	if len(all) != 4 {
		t.Fatalf("%d lines, want 4", len(all))
	}
	for _, e := range all {
		for key, v := range e.ContextMap() {
			if s, ok := v.(string); ok && (!utf8.ValidString(s) || len(s) > 4<<10) {
				t.Errorf("%s: %s has %d bytes, valid %v", e.Message, key, len(s), utf8.ValidString(s))
			}
		}
	}
	got := all[0].ContextMap()
	for key, want := range map[string]string{"service": "A\uFFFD", "route": "S\uFFFD", "method": "get\uFFFDxx", "peer": "/tmp/\uFFFD", "error": "downstream: \uFFFDxx"} {
		if s, _ := got[key].(string); !strings.HasPrefix(s, want) {
			t.Errorf("%s is %q, want %q", key, s, want)
		}
	}
	if req.Service != "A\xff" || !strings.HasPrefix(req.Method, "get\xff") {
		t.Errorf("the call's own names changed to %q, %q", req.Service, req.Method)
	}
}

func TestFieldsHook(t *testing.T) {
	type key struct{}
	log, logs := newLog(zapfilter.Options{Fields: func(ctx context.Context, req *mux.Request) []zap.Field {
		return []zap.Field{zap.Any("user", ctx.Value(key{})), zap.String("tenant", req.Header.Get("tenant"))}
	}})
	ctx := context.WithValue(t.Context(), key{}, "alice")
	for _, err := range []error{nil, errors.New("no disk")} {
		rep := mux.Reply{Type: wire.Reply}
		log.Filter(answers(rep, err)).ServeThrift(ctx, &mux.Request{Type: wire.Call, Header: mux.Header{{Key: "tenant", Value: "x"}}})
		if _, fields := one(t, logs); fields["user"] != "alice" || fields["tenant"] != "x" {
			t.Errorf("logged %v", fields)
		}
	}
	log.Observer().Opened(nil) // is no call
}

func TestLoggedIsSetForFailuresThatAreWritten(t *testing.T) {
	failure := errors.New("no disk")
	log, _ := newLog(zapfilter.Options{})
	silent := zapfilter.New(nil, zapfilter.Options{})
	for _, c := range []struct {
		name string
		log  *zapfilter.Log
		err  error
		want error
	}{{"a failure", log, failure, failure}, {"a success", log, nil, nil}, {"a level that is not written", silent, failure, nil}} {
		for range 20 { // some are left out by the bound
			req := &mux.Request{Type: wire.Call}
			c.log.Filter(answers(mux.Reply{Type: wire.Reply}, c.err)).ServeThrift(t.Context(), req)
			if req.Logged != c.want {
				t.Errorf("%s: Logged is %v, want %v", c.name, req.Logged, c.want)
			}
		}
	}
}
