package slogfilter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/oneport-thrift/oneport/filter/otelfilter"
	"github.com/oneport-thrift/oneport/filter/slogfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// answers returns a handler that always returns the same.
func answers(rep mux.Reply, err error) mux.HandlerFunc {
	return func(context.Context, *mux.Request) (mux.Reply, error) { return rep, err }
}

// book is what was logged as JSON, without the time.
type book struct{ bytes.Buffer }

func newLog(level slog.Level, opts slogfilter.Options) (*slogfilter.Log, *book) {
	b := new(book)
	return slogfilter.New(slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: level, AddSource: true})), opts), b
}

// lines returns what came since it was last called.
func (b *book) lines(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for d := json.NewDecoder(b); ; {
		var line map[string]any
		if err := d.Decode(&line); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		delete(line, "time")
		all = append(all, line)
	}
}

func (b *book) one(t *testing.T) map[string]any {
	t.Helper()
	all := b.lines(t)
	if len(all) != 1 {
		t.Fatalf("logged %v, want one line", all)
	}
	return all[0]
}

func TestCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newLog(slog.LevelInfo, slogfilter.Options{
			Exception: slog.LevelWarn,
			Attrs: func(_ context.Context, req *mux.Request) []slog.Attr {
				return []slog.Attr{slog.String("tenant", req.Header.Get("tenant"))}
			},
		})
		var rep mux.Reply
		var failure error
		m := mux.New()
		m.Handle("UserApi", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			time.Sleep(time.Second)
			return rep, failure
		}))
		m.Alias("", "UserApi")
		h := mux.Chain(m, log.Filter)
		for _, c := range []struct {
			rep  mux.Reply
			err  error
			want map[string]any
		}{
			{mux.Reply{Type: wire.Reply, Body: make([]byte, 7)}, nil, map[string]any{"level": "INFO", "outcome": "ok", "reply_bytes": 7.}},
			{mux.Reply{Type: wire.Reply, Failed: true}, nil, map[string]any{"level": "WARN", "outcome": "exception", "reply_bytes": 0.}},
			{mux.Reply{}, errors.New("no \xff"), map[string]any{"level": "ERROR", "outcome": "internal error", "error": "no \uFFFD"}},
			{mux.Reply{}, mux.Errorf(mux.UnknownMethod, "what?"), map[string]any{"level": "WARN", "outcome": "unknown method", "error": "what?"}},
		} {
			rep, failure = c.rep, c.err
			h.ServeThrift(t.Context(), &mux.Request{
				Method: "get\xff", Type: wire.Call, Received: time.Now(), Body: make([]byte, 5),
				Peer:   &mux.Peer{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 99}, Dialect: "framed binary"},
				Header: mux.Header{{Key: "tenant", Value: "x"}},
			})
			want := map[string]any{
				"msg": "call", "service": "", "method": "get\uFFFD", "route": "UserApi", "peer": "10.0.0.1:99", "dialect": "framed binary",
				"duration": float64(time.Second), "request_bytes": 5., "tenant": "x",
			}
			maps.Copy(want, c.want)
			if got := lines.one(t); !maps.Equal(got, want) {
				t.Errorf("logged\n%v, want\n%v", got, want)
			}
		}
	})
}

func TestPanicsHaveALineASecondAndOneStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := newLog(slog.LevelInfo, slogfilter.Options{})
		m := mux.New()
		m.Handle("S", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) { panic(req.Method) }))
		for second := range 2 {
			for i := range 100 {
				mux.Chain(m, log.Filter).ServeThrift(t.Context(), &mux.Request{Service: "S", Method: strings.Repeat("x", i), Type: wire.Call})
			}
			got := lines.one(t)
			stack, _ := got["stack"].(string)
			if (stack != "") != (second == 0) || second == 1 && got["unlogged"] != 99. {
				t.Errorf("second %d: logged %v", second, got)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestSuccessesAreSampled(t *testing.T) {
	log, lines := newLog(slog.LevelInfo, slogfilter.Options{SampleSuccess: 4})
	for range 10 {
		log.Filter(answers(mux.Reply{Type: wire.Reply}, nil)).ServeThrift(t.Context(), &mux.Request{Type: wire.Call})
	}
	if n := len(lines.lines(t)); n != 3 {
		t.Errorf("%d lines, want 3", n)
	}
}

func TestConnections(t *testing.T) {
	log, lines := newLog(slog.LevelDebug, slogfilter.Options{Refusals: 1})
	p := &mux.Peer{Addr: &net.UnixAddr{Name: "/tmp/\xff"}, Dialect: "framed binary"}
	o := log.Observer()
	o.Opened(p)
	o.Closed(p, nil)
	for range 2 {
		o.Closed(p, errors.New("\xff"))
		o.Refused(p, mux.Refusal{Bound: "MaxConns", Err: errors.New("\xff")})
	}
	got := lines.lines(t)
	want := []map[string]any{
		{"level": "DEBUG", "msg": "connection opened"},
		{"level": "DEBUG", "msg": "connection closed"},
		{"level": "WARN", "msg": "connection broken", "error": "\uFFFD"},
		{"level": "WARN", "msg": "refused", "bound": "MaxConns", "error": "\uFFFD"},
	}
	if len(got) != len(want) {
		t.Fatalf("logged %v", got)
	}
	for i := range want {
		maps.Copy(want[i], map[string]any{"peer": "/tmp/\uFFFD", "dialect": "framed binary"})
		if !maps.Equal(got[i], want[i]) {
			t.Errorf("logged %v, want %v", got[i], want[i])
		}
	}
}

// TestTraceID has otelfilter outside, which tells of the span that it made.
func TestTraceID(t *testing.T) {
	log, lines := newLog(slog.LevelInfo, slogfilter.Options{})
	telemetry := otelfilter.Options{TracerProvider: noop.NewTracerProvider()} // its spans have the ids of the caller's
	const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	for name, c := range map[string]struct {
		filters     []mux.Filter
		parent      string
		trace, span any
	}{
		"outside":        {[]mux.Filter{otelfilter.Server(telemetry), log.Filter}, "00-" + traceID + "-" + spanID + "-01", traceID, spanID},
		"inside":         {[]mux.Filter{log.Filter, otelfilter.Server(telemetry)}, "00-" + traceID + "-" + spanID + "-01", nil, nil},
		"without a span": {[]mux.Filter{otelfilter.Server(telemetry), log.Filter}, "", nil, nil},
		"no such filter": {[]mux.Filter{log.Filter}, "00-" + traceID + "-" + spanID + "-01", nil, nil},
	} {
		h := mux.Chain(answers(mux.Reply{Type: wire.Reply}, nil), c.filters...)
		h.ServeThrift(t.Context(), &mux.Request{Type: wire.Call, Header: mux.Header{{Key: "traceparent", Value: c.parent}}})
		if got := lines.one(t); got["trace_id"] != c.trace || got["span_id"] != c.span {
			t.Errorf("%s: logged %v", name, got)
		}
	}
}

func TestNilLogger(t *testing.T) {
	log := slogfilter.New(nil, slogfilter.Options{})
	rep, err := log.Filter(answers(mux.Reply{Type: wire.Reply}, nil)).ServeThrift(t.Context(), &mux.Request{Type: wire.Call})
	if rep.Type != wire.Reply || err != nil {
		t.Errorf("got %v, %v", rep, err)
	}
	log.Observer().Opened(nil)
}

func TestCallsThatAreNotLoggedDoNotAllocate(t *testing.T) {
	log, _ := newLog(slog.LevelWarn, slogfilter.Options{})
	h := log.Filter(answers(mux.Reply{Type: wire.Reply}, nil))
	req := &mux.Request{Type: wire.Call, Received: time.Now()}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { h.ServeThrift(ctx, req) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}
