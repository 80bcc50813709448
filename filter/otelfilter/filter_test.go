package otelfilter_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/oneport-thrift/oneport/filter/otelfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

const (
	traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	traceID     = "0af7651916cd43dd8448eb211c80319c"
)

// answers returns a handler that always returns the same.
func answers(rep mux.Reply, err error) mux.HandlerFunc {
	return func(context.Context, *mux.Request) (mux.Reply, error) { return rep, err }
}

// lister is a handler that lists its methods, as stubs do.
type lister struct{ mux.HandlerFunc }

func (lister) Methods() []string { return []string{"echo"} }

func (r *recorder) options() otelfilter.Options {
	return otelfilter.Options{TracerProvider: r, MeterProvider: &r.metrics}
}

func TestServer(t *testing.T) {
	peer := &mux.Peer{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 99}, Local: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 9090}}
	addresses := map[string]string{
		"client.address": "10.0.0.1", "client.port": "99", "network.peer.address": "10.0.0.1", "network.peer.port": "99",
		"server.address": "10.0.0.2", "server.port": "9090",
	}
	proxied := *peer
	proxied.Proxy = &net.TCPAddr{IP: net.IPv4(10, 0, 0, 9), Port: 1}
	behind := maps.Clone(addresses)
	behind["network.peer.address"], behind["network.peer.port"] = "10.0.0.9", "1"
	for _, c := range []struct {
		name            string
		service, method string
		peer            *mux.Peer
		rep             mux.Reply
		err             error
		began, ended    string // the span's name
		attrs           map[string]string
		status          codes.Code
	}{
		{name: "a result", service: "FooApi", method: "echo", rep: mux.Reply{Type: wire.Reply}, began: "FooApi/echo", ended: "FooApi/echo",
			attrs: map[string]string{"rpc.method": "FooApi/echo", "rpc.response.status_code": "ok"}},
		{name: "by an alias", method: "echo", rep: mux.Reply{Type: wire.Reply}, began: "/echo", ended: "FooApi/echo",
			attrs: map[string]string{"rpc.method": "FooApi/echo", "rpc.response.status_code": "ok"}},
		{name: "with a peer", service: "FooApi", method: "echo", peer: peer, rep: mux.Reply{Type: wire.Reply}, began: "FooApi/echo", ended: "FooApi/echo",
			attrs: with(addresses, "rpc.method", "FooApi/echo", "rpc.response.status_code", "ok")},
		{name: "behind a balancer", service: "FooApi", method: "echo", peer: &proxied, rep: mux.Reply{Type: wire.Reply}, began: "FooApi/echo", ended: "FooApi/echo",
			attrs: with(behind, "rpc.method", "FooApi/echo", "rpc.response.status_code", "ok")},
		{name: "on a socket", service: "FooApi", method: "echo", peer: &mux.Peer{Addr: &net.UnixAddr{Name: "@"}, Local: &net.UnixAddr{Name: "/run/foo"}},
			rep: mux.Reply{Type: wire.Reply}, began: "FooApi/echo", ended: "FooApi/echo",
			attrs: map[string]string{"server.address": "/run/foo", "rpc.method": "FooApi/echo", "rpc.response.status_code": "ok"}},
		{name: "a declared exception", service: "FooApi", method: "echo", rep: mux.Reply{Type: wire.Reply, Failed: true}, began: "FooApi/echo", ended: "FooApi/echo",
			attrs: map[string]string{"rpc.method": "FooApi/echo", "rpc.response.status_code": "exception"}},
		{name: "a server's fault", service: "FooApi", method: "echo", err: errors.New("no disk"), began: "FooApi/echo", ended: "FooApi/echo", status: codes.Error,
			attrs: map[string]string{"rpc.method": "FooApi/echo", "rpc.response.status_code": "internal error", "error.type": "internal error"}},
		{name: "a client's fault", service: "FooApi", method: "echo", err: mux.Errorf(mux.PermissionDenied, "no"), began: "FooApi/echo", ended: "FooApi/echo",
			attrs: map[string]string{"rpc.method": "FooApi/echo", "rpc.response.status_code": "permission denied", "error.type": "permission denied"}},
		{name: "an unknown method", service: "FooApi", method: "x", err: mux.Errorf(mux.UnknownMethod, "what?"), began: "FooApi/x", ended: "thrift",
			attrs: map[string]string{"rpc.method": "_OTHER", "rpc.method_original": "FooApi/x", "rpc.response.status_code": "unknown method", "error.type": "unknown method"}},
		{name: "an unknown service", service: "X", method: "echo", began: "X/echo", ended: "thrift",
			attrs: map[string]string{"rpc.method": "_OTHER", "rpc.method_original": "X/echo", "rpc.response.status_code": "unknown method", "error.type": "unknown method"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r recorder
				m := mux.New()
				m.Handle("FooApi", lister{func(ctx context.Context, _ *mux.Request) (mux.Reply, error) {
					if got := trace.SpanFromContext(ctx); got != trace.Span(r.spans[0]) {
						t.Errorf("the handler's span is %v", got)
					}
					time.Sleep(2 * time.Second)
					return c.rep, c.err
				}})
				m.Alias("", "FooApi")
				received := time.Now()
				rep, err := otelfilter.Server(r.options())(m).ServeThrift(t.Context(), &mux.Request{
					Service: c.service, Method: c.method, Type: wire.Call, Peer: c.peer, Received: received,
				})
				if c.service != "X" && (rep.Type != c.rep.Type || err != c.err) {
					t.Errorf("the filter returned %v, %v", rep, err)
				}
				s := r.spans[0]
				if s.began != c.began || s.name != c.ended || s.kind != trace.SpanKindServer || s.status != c.status || !s.ended || !s.start.Equal(received) {
					t.Errorf("span %+v", s)
				}
				if want := with(c.attrs, "rpc.system.name", "thrift"); !maps.Equal(s.attrs, want) {
					t.Errorf("attributes\n%v, want\n%v", s.attrs, want)
				}
				want := fmt.Sprint("rpc.server.call.duration ", time.Since(received).Seconds(), " ")
				if c.attrs["error.type"] != "" {
					want += "error.type=" + c.attrs["error.type"] + " "
				}
				want += "rpc.method=" + c.attrs["rpc.method"] + " rpc.response.status_code=" + c.attrs["rpc.response.status_code"] + " rpc.system.name=thrift"
				if !slices.Equal(r.metrics.lines, []string{want}) {
					t.Errorf("metrics\n%q, want\n%q", r.metrics.lines, want)
				}
			})
		})
	}
}

// with returns a copy of attrs with more in it.
func with(attrs map[string]string, more ...string) map[string]string {
	attrs = maps.Clone(attrs)
	for i := 0; i < len(more); i += 2 {
		attrs[more[i]] = more[i+1]
	}
	return attrs
}

func TestClient(t *testing.T) {
	for _, c := range []struct {
		name   string
		rep    mux.Reply
		err    error
		code   string
		status codes.Code
	}{
		{"a result", mux.Reply{Type: wire.Reply}, nil, "ok", codes.Unset},
		{"a declared exception", mux.Reply{Type: wire.Reply, Failed: true}, nil, "exception", codes.Unset},
		{"a failure", mux.Reply{}, mux.Errorf(mux.PermissionDenied, "no"), "permission denied", codes.Error},
		{"an exception", mux.Reply{Type: wire.Exception, Body: wire.AppendExceptionBody(nil, wire.Binary, int32(mux.Overloaded), "later")}, nil, "overloaded", codes.Error},
	} {
		var r recorder
		rep, err := otelfilter.Client(r.options())(answers(c.rep, c.err)).ServeThrift(t.Context(), &mux.Request{
			Service: "FooApi", Method: "echo", Type: wire.Call, Protocol: wire.Binary,
		})
		if rep.Type != c.rep.Type || err != c.err {
			t.Errorf("%s: the filter returned %v, %v", c.name, rep, err)
		}
		s := r.spans[0]
		if s.name != "FooApi/echo" || s.kind != trace.SpanKindClient || s.status != c.status || s.attrs["rpc.response.status_code"] != c.code || !s.ended {
			t.Errorf("%s: span %+v", c.name, s)
		}
		if len(r.metrics.lines) != 1 || r.metrics.lines[0][:25] != "rpc.client.call.duration " {
			t.Errorf("%s: metrics %q", c.name, r.metrics.lines)
		}
	}
}

// TestContext sends a call with a trace through a server that calls another.
func TestContext(t *testing.T) {
	var r recorder
	var sent mux.Header
	forward := otelfilter.Client(r.options())(mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		sent = req.Header
		return mux.Reply{Type: wire.Reply}, nil
	}))
	req := &mux.Request{Service: "FooApi", Method: "echo", Type: wire.Call, Header: mux.Header{
		{Key: "Traceparent", Value: traceParent}, {Key: "tracestate", Value: "vendor=1"}, {Key: "baggage", Value: "user=7"}, {Key: "other", Value: "x"},
	}}
	before := req.Header.Clone()
	otelfilter.Server(r.options())(forward).ServeThrift(t.Context(), req)

	if p := r.spans[0].parent; p.TraceID().String() != traceID || p.SpanID().String() != "b7ad6b7169203331" || !p.IsRemote() {
		t.Errorf("the server's span continues %v", p)
	}
	if p := r.spans[1].parent; p.SpanID() != r.spans[0].context.SpanID() {
		t.Errorf("the client's span continues %v", p)
	}
	want := "00-" + traceID + "-0000000000000002-01"
	if got := sent.Values("traceparent"); !slices.Equal(got, []string{want}) || sent.Get("baggage") != "user=7" || sent.Get("other") != "x" {
		t.Errorf("sent %v, want the client's span %s", sent, want)
	}
	if !slices.Equal(req.Header, before) {
		t.Errorf("left the headers %v, want %v", req.Header, before)
	}
}

// TestMethods makes up as many names as a stranger could.
func TestMethods(t *testing.T) {
	const made = 100_000
	var r recorder
	m := mux.New()
	m.Handle("Raw", answers(mux.Reply{Type: wire.Reply}, nil))
	for name, c := range map[string]struct {
		h    mux.Handler
		most int
	}{
		"server": {otelfilter.Server(r.options())(m), 2 + 256},
		"client": {otelfilter.Client(r.options())(answers(mux.Reply{Type: wire.Reply}, nil)), 1 + 1024},
	} {
		values := make(map[string]bool)
		for i := range made {
			r.spans, r.metrics.lines = nil, nil
			req := &mux.Request{Service: "Raw", Method: fmt.Sprint("m", i), Type: wire.Call}
			if i%2 == 0 {
				req.Service = fmt.Sprint("S", i)
			}
			c.h.ServeThrift(t.Context(), req)
			values[r.spans[0].attrs["rpc.method"]] = true
		}
		if len(values) > c.most || !values["_OTHER"] {
			t.Errorf("%s: %d methods, want at most %d", name, len(values), c.most)
		}
	}
}

func TestPanics(t *testing.T) {
	panics := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { panic("oops") })
	for name, filter := range map[string]func(otelfilter.Options) mux.Filter{"server": otelfilter.Server, "client": otelfilter.Client} {
		var r recorder
		func() {
			defer func() {
				if v := recover(); v != "oops" {
					t.Errorf("%s: recovered %v, want the panic to pass through", name, v)
				}
			}()
			filter(r.options())(panics).ServeThrift(t.Context(), &mux.Request{Type: wire.Call})
		}()
		if s := r.spans[0]; !s.ended || s.status != codes.Error {
			t.Errorf("%s: span %+v", name, s)
		}
	}
}

// The global providers do nothing unless the program sets them.
func BenchmarkServer(b *testing.B) {
	h := otelfilter.Server(otelfilter.Options{})(answers(mux.Reply{Type: wire.Reply}, nil))
	req := &mux.Request{Service: "FooApi", Method: "echo", Type: wire.Call, Received: time.Now()}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeThrift(ctx, req)
	}
}
