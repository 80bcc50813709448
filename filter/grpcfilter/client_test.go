package grpcfilter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

type (
	invoker    = grpc.UnaryInvoker
	clientConn = grpc.ClientConn
	callOption = grpc.CallOption
)

// invokes is an interceptor that does nothing.
func invokes(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
	return invoke(ctx, method, req, reply, cc, opts...)
}

func TestClientSeesTheCall(t *testing.T) {
	ran := false
	see := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
		ran = true
		if method != "/FooApi/echo" || cc != nil || len(opts) != 0 {
			t.Errorf("method %q, connection %v, options %v", method, cc, opts)
		}
		if md, _ := metadata.FromOutgoingContext(ctx); !reflect.DeepEqual(md, metadata.MD{"a": {"1", "2"}}) {
			t.Errorf("metadata %v", md)
		}
		var args foo.FooApiEchoArgs
		if err := req.(*grpcfilter.Args).Decode(&args); err != nil || args.Msg != "hello" {
			t.Errorf("request %v, error %v", req, err)
		}
		err := invoke(ctx, method, req, reply, cc, opts...)
		var result foo.FooApiEchoResult
		if derr := reply.(*grpcfilter.Reply).Decode(&result); derr != nil || result.GetSuccess() != "hello" {
			t.Errorf("reply %v, error %v", reply, derr)
		}
		return err
	}
	req := echoCall(t, "hello")
	req.Header = mux.Header{{Key: "A", Value: "1"}, {Key: "a", Value: "2"}}
	rep, err := grpcfilter.UnaryClient(see)(serve(&fooService{})).ServeThrift(t.Context(), req)
	if err != nil || !ran || echoed(t, rep) != "hello" {
		t.Errorf("ran %v, reply %v, error %v", ran, rep, err)
	}
}

func TestClientHeaders(t *testing.T) {
	for _, c := range []struct {
		name   string
		header mux.Header
		caller metadata.MD // in the caller's context
		change func(ctx context.Context) context.Context
		want   mux.Header
	}{
		{"none", nil, nil, nil, nil},
		{"of the call", mux.Header{{Key: "B", Value: "1"}, {Key: "a", Value: "2"}}, nil, nil,
			mux.Header{{Key: "B", Value: "1"}, {Key: "a", Value: "2"}}},
		{"of the caller's context", mux.Header{{Key: "B", Value: "1"}}, metadata.Pairs("x", "3"), nil,
			mux.Header{{Key: "B", Value: "1"}, {Key: "x", Value: "3"}}},
		{"of the caller's context alone", nil, metadata.Pairs("x", "3", "X", "4"), nil,
			mux.Header{{Key: "x", Value: "3"}, {Key: "x", Value: "4"}}},
		{"of an interceptor", mux.Header{{Key: "B", Value: "1"}}, nil,
			func(ctx context.Context) context.Context { return metadata.AppendToOutgoingContext(ctx, "y", "5") },
			mux.Header{{Key: "B", Value: "1"}, {Key: "y", Value: "5"}}},
		{"replaced by an interceptor", mux.Header{{Key: "B", Value: "1"}, {Key: "C", Value: "2"}}, nil,
			func(ctx context.Context) context.Context {
				md, _ := metadata.FromOutgoingContext(ctx)
				md.Set("b", "9")
				return metadata.NewOutgoingContext(ctx, md)
			},
			mux.Header{{Key: "C", Value: "2"}, {Key: "b", Value: "9"}}},
		{"removed by an interceptor", mux.Header{{Key: "B", Value: "1"}}, nil,
			func(ctx context.Context) context.Context { return metadata.NewOutgoingContext(ctx, metadata.MD{}) }, nil},
	} {
		change := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
			if c.change != nil {
				ctx = c.change(ctx)
			}
			return invoke(ctx, method, req, reply, cc, opts...)
		}
		var sent mux.Header
		sends := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			sent = req.Header
			return mux.Reply{Type: wire.Reply}, nil
		})
		ctx := t.Context()
		if c.caller != nil {
			ctx = metadata.NewOutgoingContext(ctx, c.caller)
		}
		req := echoCall(t, "hello")
		req.Header = c.header.Clone()
		grpcfilter.UnaryClient(change)(sends).ServeThrift(ctx, req)
		if !slices.Equal(sent, c.want) {
			t.Errorf("%s: sent %v, want %v", c.name, sent, c.want)
		}
		if !slices.Equal(req.Header, c.header) {
			t.Errorf("%s: left %v", c.name, req.Header)
		}
	}
}

// TestClientRuns invokes a call again while it fails.
func TestClientRuns(t *testing.T) {
	retry := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
		for range 5 {
			if err := invoke(ctx, method, req, reply, cc, opts...); status.Code(err) != codes.Unavailable {
				return err
			}
		}
		return status.Error(codes.Unavailable, "tried enough")
	}
	exception := wire.AppendExceptionBody(nil, wire.Binary, int32(mux.Unavailable), "closing")
	scratch := make([]byte, 0, 8)
	runs := 0
	fails := mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		runs++
		if first := cap(req.Scratch) > 0; first != (runs == 1) {
			t.Errorf("run %d has scratch memory: %v", runs, first)
		}
		switch runs {
		case 1:
			return mux.Reply{}, io.EOF
		case 2:
			return mux.Reply{Type: wire.Exception, Body: exception}, nil
		}
		return serve(&fooService{}).ServeThrift(ctx, req)
	})
	req := echoCall(t, "hello")
	req.Scratch = scratch
	rep, err := grpcfilter.UnaryClient(retry)(fails).ServeThrift(t.Context(), req)
	if err != nil || runs != 3 || echoed(t, rep) != "hello" {
		t.Errorf("%d runs, reply %v, error %v", runs, rep, err)
	}
}

// TestClientRunsSideBySide hedges a call: two runs at a time, of which the first
// that is done counts.
func TestClientRunsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		slow := mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			mu.Lock()
			running++
			most = max(most, running)
			first := most == 1
			mu.Unlock()
			if first {
				time.Sleep(time.Hour)
			}
			req.Service, req.Method = "changed", "by a router"
			mu.Lock()
			running--
			mu.Unlock()
			return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
		})
		var late invoker
		hedge := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
			late = invoke
			done := make(chan *grpcfilter.Reply, 2)
			for range 2 {
				go func() { // the filter waits for both
					rep := new(grpcfilter.Reply)
					invoke(ctx, method, req, rep, cc, opts...)
					done <- rep
				}()
				time.Sleep(time.Second)
			}
			*reply.(*grpcfilter.Reply) = *<-done
			return nil
		}
		start := time.Now()
		req := echoCall(t, "hello")
		rep, err := grpcfilter.UnaryClient(hedge)(slow).ServeThrift(t.Context(), req)
		if err != nil || rep.Type != wire.Reply || most != 2 || running != 0 || time.Since(start) != time.Hour {
			t.Errorf("reply %v, error %v, %d at a time, %d still run after %v", rep, err, most, running, time.Since(start))
		}
		if err := late(t.Context(), "/FooApi/echo", nil, nil, nil); status.Code(err) != codes.Internal {
			t.Errorf("a run after the interceptor returned: error %v", err)
		}
	})
}

// memory counts how often it is released.
type memory struct{ released int }

func (m *memory) Release() { m.released++ }

func TestClientHeldMemory(t *testing.T) {
	twice := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
		invoke(ctx, method, req, reply, cc, opts...)
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	for name, c := range map[string]struct {
		i    grpc.UnaryClientInterceptor
		want int
	}{"one run": {invokes, 1}, "two runs": {twice, 0}} {
		var m memory
		holds := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			req.Held = &m
			return mux.Reply{Type: wire.Reply}, nil
		})
		req := echoCall(t, "hello")
		grpcfilter.UnaryClient(c.i)(holds).ServeThrift(t.Context(), req)
		if m.released != 0 {
			t.Errorf("%s: released before the reply was used", name)
		}
		if req.Release(); m.released != c.want {
			t.Errorf("%s: released %d times, want %d", name, m.released, c.want)
		}
	}
}

func TestClientErrors(t *testing.T) {
	exception := wire.AppendExceptionBody(nil, wire.Binary, int32(mux.PermissionDenied), "no")
	for _, c := range []struct {
		name string
		rep  mux.Reply
		err  error
		want codes.Code
	}{
		{"a lost connection", mux.Reply{}, fmt.Errorf("read: %w", io.EOF), codes.Unavailable},
		{"a lost connection of the runtime", mux.Reply{}, thrift.NewTTransportExceptionFromError(io.EOF), codes.Unavailable},
		{"a lost connection with a code", mux.Reply{}, &mux.Error{Code: mux.Unavailable, Err: io.EOF}, codes.Unavailable},
		{"a connection lost after the call was sent", mux.Reply{}, &mux.Error{Code: mux.InternalError, Err: io.EOF}, codes.Unavailable},
		{"a connection that was reset", mux.Reply{}, &mux.Error{Code: mux.InternalError, Err: syscall.ECONNRESET}, codes.Unavailable},
		{"a client's own failure", mux.Reply{}, &client.Error{Code: mux.Overloaded, NotRun: mux.SendAgain, Err: errPrivate}, codes.ResourceExhausted},
		{"a client's own failure, lost", mux.Reply{}, &client.Error{Code: mux.InternalError, Err: io.EOF}, codes.Unavailable},
		{"a client's own failure behind a cause", mux.Reply{}, &client.Error{Code: mux.DeadlineExceeded, Err: mux.Errorf(mux.Canceled, "gone")}, codes.DeadlineExceeded},
		{"an exception", mux.Reply{Type: wire.Exception, Body: exception}, nil, codes.PermissionDenied},
		{"an exception that cannot be read", mux.Reply{Type: wire.Exception}, nil, codes.Internal},
		{"a deadline", mux.Reply{}, context.DeadlineExceeded, codes.DeadlineExceeded},
		{"a declared exception", mux.Reply{Type: wire.Reply, Failed: true}, nil, codes.OK},
		{"no reply", mux.Reply{}, nil, codes.Internal},
	} {
		var seen error
		look := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
			seen = invoke(ctx, method, req, reply, cc, opts...)
			return seen
		}
		h := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { return c.rep, c.err })
		rep, err := grpcfilter.UnaryClient(look)(h).ServeThrift(t.Context(), echoCall(t, "hello"))
		if status.Code(seen) != c.want || errors.Is(seen, io.EOF) {
			t.Errorf("%s: the interceptor sees %v, code %v, want %v", c.name, seen, status.Code(seen), c.want)
		}
		if err != c.err || rep.Type != c.rep.Type || rep.Failed != c.rep.Failed || string(rep.Body) != string(c.rep.Body) {
			t.Errorf("%s: outside %v, %v; want what the call gave", c.name, rep, err)
		}
	}
}

func TestClientChanges(t *testing.T) {
	text := "from the interceptor"
	for name, i := range map[string]grpc.UnaryClientInterceptor{
		"other arguments": func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
			return invoke(ctx, method, &foo.FooApiEchoArgs{Msg: text}, reply, cc, opts...)
		},
		"a reply of its own": func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
			return reply.(*grpcfilter.Reply).Encode(&foo.FooApiEchoResult{Success: &text})
		},
		"a decoded reply": func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
			var result foo.FooApiEchoResult
			if err := invoke(ctx, method, req, &result, cc, opts...); err != nil || result.GetSuccess() != "hello" {
				t.Errorf("decoded %v, error %v", &result, err)
			}
			return reply.(*grpcfilter.Reply).Encode(&foo.FooApiEchoResult{Success: &text})
		},
	} {
		rep, err := grpcfilter.UnaryClient(i)(serve(&fooService{})).ServeThrift(t.Context(), echoCall(t, "hello"))
		if err != nil || echoed(t, rep) != text {
			t.Errorf("%s: reply %v, error %v", name, rep, err)
		}
	}

	other := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
		return invoke(ctx, "/BarApi/reverse", req, reply, cc, opts...)
	}
	var called string
	names := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		called = req.Service + ":" + req.Method
		return mux.Reply{Type: wire.Reply}, nil
	})
	req := echoCall(t, "hello")
	grpcfilter.UnaryClient(other)(names).ServeThrift(t.Context(), req)
	if called != "BarApi:reverse" || req.Service != "FooApi" || req.Method != "echo" {
		t.Errorf("called %q, left %q %q", called, req.Service, req.Method)
	}

	for name, pass := range map[string]func(req, reply any) (any, any){
		"a number as the request": func(_, reply any) (any, any) { return 7, reply },
		"a number for the reply":  func(req, _ any) (any, any) { return req, 7 },
	} {
		i := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
			req, reply = pass(req, reply)
			return invoke(ctx, method, req, reply, cc, opts...)
		}
		if rep, err := grpcfilter.UnaryClient(i)(serve(&fooService{})).ServeThrift(t.Context(), echoCall(t, "hello")); err == nil {
			t.Errorf("%s: reply %v, no error", name, rep)
		}
	}
}

// token is a PerRPCCredentials.
type token struct {
	secure bool
	err    error
}

func (c token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer x"}, c.err
}
func (c token) RequireTransportSecurity() bool { return c.secure }

func TestClientCallOptions(t *testing.T) {
	var header, trailer metadata.MD
	var finished []error
	finish := grpc.OnFinish(func(err error) { finished = append(finished, err) })
	for _, c := range []struct {
		name string
		opts []grpcfilter.Option
		own  []callOption // in the context of the call
		want codes.Code
	}{
		{"none", nil, nil, codes.OK},
		{"headers", nil, []callOption{grpc.Header(&header), grpc.Trailer(&trailer)}, codes.OK},
		{"what has no meaning", []grpcfilter.Option{grpcfilter.WithCallOptions(grpc.WaitForReady(true), grpc.EmptyCallOption{})}, nil, codes.OK},
		{"arguments within the limit", nil, []callOption{grpc.MaxCallSendMsgSize(100)}, codes.OK},
		{"arguments over the limit", nil, []callOption{grpc.MaxCallSendMsgSize(3)}, codes.ResourceExhausted},
		{"a result over the limit", []grpcfilter.Option{grpcfilter.WithCallOptions(grpc.MaxCallRecvMsgSize(3))}, nil, codes.ResourceExhausted},
		{"credentials", nil, []callOption{grpc.PerRPCCredentials(token{})}, codes.OK},
		{"credentials that insist", nil, []callOption{grpc.PerRPCCredentials(token{secure: true})}, codes.Unauthenticated},
		{"credentials that insist, on TLS", []grpcfilter.Option{grpcfilter.WithTransportSecurity()}, []callOption{grpc.PerRPCCredentials(token{secure: true})}, codes.OK},
		{"credentials that fail", nil, []callOption{grpc.PerRPCCredentials(token{err: io.EOF})}, codes.Unauthenticated},
		{"credentials that fail with a status", nil, []callOption{grpc.PerRPCCredentials(token{err: status.Error(codes.Aborted, "x")})}, codes.Aborted},
	} {
		finished = nil
		var seen error
		got := 0
		look := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
			got = len(opts)
			seen = invoke(ctx, method, req, reply, cc, opts...)
			return seen
		}
		var sent mux.Header
		answers := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			sent = req.Header
			return mux.Reply{Type: wire.Reply, Body: make([]byte, 10), Header: mux.Header{{Key: "Cost", Value: "7"}}}, nil
		})
		ctx := grpcfilter.CallOptions(grpcfilter.CallOptions(t.Context(), finish), c.own...)
		grpcfilter.UnaryClient(look, c.opts...)(answers).ServeThrift(ctx, echoCall(t, "hello"))
		if status.Code(seen) != c.want {
			t.Errorf("%s: error %v, want %v", c.name, seen, c.want)
		}
		if len(finished) != 1 || finished[0] != seen || got < 1+len(c.own) {
			t.Errorf("%s: %d options, finished with %v", c.name, got, finished)
		}
		if strings.HasPrefix(c.name, "credentials") && c.want == codes.OK && sent.Get("authorization") != "Bearer x" {
			t.Errorf("%s: sent %v", c.name, sent)
		}
	}
	if !slices.Equal(header.Get("cost"), []string{"7"}) || trailer == nil {
		t.Errorf("headers %v, trailers %v", header, trailer)
	}
}

func TestClientConnection(t *testing.T) {
	conn := new(clientConn)
	see := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
		if cc != conn {
			t.Errorf("connection %p, want %p", cc, conn)
		}
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	chain := grpcfilter.ChainClient(invokes, see)
	rep, err := grpcfilter.UnaryClient(chain, grpcfilter.WithClientConn(conn))(serve(&fooService{})).ServeThrift(t.Context(), echoCall(t, "hello"))
	if err != nil || echoed(t, rep) != "hello" {
		t.Errorf("reply %v, error %v", rep, err)
	}
}

func TestClientOneway(t *testing.T) {
	s := &fooService{}
	rep, err := grpcfilter.UnaryClient(invokes)(serve(s)).ServeThrift(t.Context(), &mux.Request{
		Service: "FooApi", Method: "note", Type: wire.Oneway, Protocol: wire.Binary,
		Body: body(t, wire.Binary, &foo.FooApiNoteArgs{Text: "x"}),
	})
	if err != nil || rep.Type == wire.Reply || s.noted != 1 {
		t.Errorf("noted %d, reply %v, error %v", s.noted, rep, err)
	}
}

func TestClientWithArgs(t *testing.T) {
	newArgs := func() thrift.TStruct { return foo.NewFooApiEchoArgs() }
	validate := func(ctx context.Context, method string, req, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
		if req.(*foo.FooApiEchoArgs).Msg == "" {
			return status.Error(codes.InvalidArgument, "say something")
		}
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	h := grpcfilter.UnaryClient(validate, grpcfilter.WithArgs("FooApi/echo", newArgs))(serve(&fooService{}))
	if rep, err := h.ServeThrift(t.Context(), echoCall(t, "hello")); err != nil || echoed(t, rep) != "hello" {
		t.Errorf("reply %v, error %v", rep, err)
	}
	if _, err := h.ServeThrift(t.Context(), echoCall(t, "")); err == nil || mux.CodeOf(err) != mux.ValidationFailed {
		t.Errorf("error %v", err)
	}
}

func BenchmarkUnaryClient(b *testing.B) {
	h := grpcfilter.UnaryClient(invokes)(mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		return mux.Reply{Type: wire.Reply}, nil
	}))
	req := echoCall(b, "hello")
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeThrift(ctx, req)
	}
}
