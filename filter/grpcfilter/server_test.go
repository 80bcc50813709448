package grpcfilter_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// passes is an interceptor that does nothing.
func passes(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
	return next(ctx, req)
}

func TestServerSeesTheCall(t *testing.T) {
	state := &tls.ConnectionState{ServerName: "foo.test"}
	addr := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 99}
	for _, c := range []struct {
		name   string
		header mux.Header
		peer   *mux.Peer
		want   metadata.MD
	}{
		{"plain", nil, nil, metadata.MD{}},
		{"headers", mux.Header{{Key: "Trace-ID", Value: "a"}, {Key: "x", Value: "1"}, {Key: "trace-id", Value: "b"}}, &mux.Peer{Addr: addr},
			metadata.MD{"trace-id": {"a", "b"}, "x": {"1"}}},
		{"TLS", nil, &mux.Peer{Addr: addr, TLS: state}, metadata.MD{}},
		{"a peer without an address", nil, &mux.Peer{}, metadata.MD{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ran := false
			see := func(ctx context.Context, req any, info *serverInfo, next handler) (any, error) {
				ran = true
				if method, ok := grpc.Method(ctx); info.FullMethod != "/FooApi/echo" || method != info.FullMethod || !ok {
					t.Errorf("method %q, in the context %q", info.FullMethod, method)
				}
				if md, ok := metadata.FromIncomingContext(ctx); !ok || !reflect.DeepEqual(md, c.want) {
					t.Errorf("metadata %v, want %v", md, c.want)
				}
				p, ok := peer.FromContext(ctx)
				switch {
				case c.peer == nil || c.peer.Addr == nil:
					if ok {
						t.Errorf("peer %v, want none", p)
					}
				case p.Addr != addr:
					t.Errorf("peer %v, want %v", p.Addr, addr)
				case c.peer.TLS != nil:
					info, ok := p.AuthInfo.(credentials.TLSInfo)
					if !ok || info.State.ServerName != "foo.test" || info.SecurityLevel != credentials.PrivacyAndIntegrity {
						t.Errorf("auth info %+v", p.AuthInfo)
					}
				case p.AuthInfo != nil:
					t.Errorf("auth info %+v without TLS", p.AuthInfo)
				}
				args, ok := req.(*grpcfilter.Args)
				var decoded foo.FooApiEchoArgs
				if !ok || args.Decode(&decoded) != nil || decoded.Msg != "hello" {
					t.Errorf("request %v", req)
				}
				resp, err := next(ctx, req)
				var result foo.FooApiEchoResult
				if rep, ok := resp.(*grpcfilter.Reply); !ok || rep.Decode(&result) != nil || result.GetSuccess() != "hello" || rep.Failed() {
					t.Errorf("response %v, error %v", resp, err)
				}
				return resp, err
			}
			req := echoCall(t, "hello")
			req.Header, req.Peer = c.header, c.peer
			rep, err := serve(&fooService{}, grpcfilter.UnaryServer(see)).ServeThrift(t.Context(), req)
			if err != nil || !ran || echoed(t, rep) != "hello" {
				t.Errorf("ran %v, reply %v, error %v", ran, rep, err)
			}
		})
	}
}

func TestServerWithArgs(t *testing.T) {
	newArgs := func() thrift.TStruct { return foo.NewFooApiEchoArgs() }
	refuse := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
		switch args := req.(*foo.FooApiEchoArgs); args.Msg {
		case "bad":
			return nil, status.Error(codes.InvalidArgument, "bad msg")
		case "other":
			return next(ctx, &foo.FooApiEchoArgs{Msg: "replaced"})
		case "changed":
			args.Msg = "goes nowhere"
		}
		return next(ctx, req)
	}
	for _, method := range []string{"FooApi/echo", "/FooApi/echo"} {
		m := serve(&fooService{}, grpcfilter.UnaryServer(refuse, grpcfilter.WithArgs(method, newArgs)))
		for msg, want := range map[string]string{"good": "good", "other": "replaced", "changed": "changed"} {
			rep, err := m.ServeThrift(t.Context(), echoCall(t, msg))
			if err != nil || echoed(t, rep) != want {
				t.Errorf("%s: reply %v, error %v", msg, rep, err)
			}
		}
		if _, err := m.ServeThrift(t.Context(), echoCall(t, "bad")); err == nil || mux.CodeOf(err) != mux.ValidationFailed {
			t.Errorf("bad: error %v", err)
		}
		cut := echoCall(t, "good")
		cut.Body = cut.Body[:5]
		if _, err := m.ServeThrift(t.Context(), cut); err == nil || mux.CodeOf(err) != mux.ProtocolError {
			t.Errorf("arguments that are cut: error %v", err)
		}
	}
}

func TestServerResponses(t *testing.T) {
	text := "from the interceptor"
	result := &foo.FooApiEchoResult{Success: &text}
	answers := func(resp func(like *grpcfilter.Args) any) serverInterceptor {
		return func(_ context.Context, req any, _ *serverInfo, _ handler) (any, error) {
			return resp(req.(*grpcfilter.Args)), nil
		}
	}
	for name, i := range map[string]serverInterceptor{
		"a struct": answers(func(*grpcfilter.Args) any { return result }),
		"a reply": answers(func(like *grpcfilter.Args) any {
			rep, err := grpcfilter.NewReply(like, result)
			if err != nil {
				t.Error(err)
			}
			return rep
		}),
		"the handler's, changed": func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
			resp, err := next(ctx, req)
			if err == nil {
				err = resp.(*grpcfilter.Reply).Encode(result)
			}
			return resp, err
		},
		"a copy": func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
			args, err := grpcfilter.NewArgs(req.(*grpcfilter.Args).Clone(), &foo.FooApiEchoArgs{Msg: text})
			if err != nil {
				return nil, err
			}
			resp, err := next(ctx, args)
			return resp.(*grpcfilter.Reply).Clone(), err
		},
	} {
		rep, err := serve(&fooService{}, grpcfilter.UnaryServer(i)).ServeThrift(t.Context(), echoCall(t, "hello"))
		if err != nil || rep.Type != wire.Reply || rep.Failed || echoed(t, rep) != text {
			t.Errorf("%s: reply %v, error %v", name, rep, err)
		}
	}
	for name, resp := range map[string]any{"nothing": nil, "a number": 7} {
		i := answers(func(*grpcfilter.Args) any { return resp })
		rep, err := serve(&fooService{}, grpcfilter.UnaryServer(i)).ServeThrift(t.Context(), echoCall(t, "hello"))
		if rep.Type != 0 || (resp == nil) != (err == nil) {
			t.Errorf("%s: reply %v, error %v", name, rep, err)
		}
	}
}

func TestServerMetadataOfTheResponse(t *testing.T) {
	set := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
		grpc.SetHeader(ctx, metadata.Pairs("A", "1", "a", "2"))
		grpc.SetTrailer(ctx, metadata.Pairs("z", "9"))
		resp, err := next(ctx, req)
		grpc.SendHeader(ctx, metadata.Pairs("b", "3"))
		if err := grpc.SetHeader(ctx, metadata.Pairs("c", "4")); status.Code(err) != codes.Internal {
			t.Errorf("a header after they were sent: error %v", err)
		}
		return resp, err
	}
	own := mux.Header{{Key: "Own", Value: "0"}, {Key: "spare", Value: "x"}}[:1]
	for name, answer := range map[string]mux.HandlerFunc{
		"result": func(context.Context, *mux.Request) (mux.Reply, error) {
			return mux.Reply{Type: wire.Reply, Header: own}, nil
		},
		"failure": func(context.Context, *mux.Request) (mux.Reply, error) {
			return mux.Reply{Header: own}, mux.Errorf(mux.Overloaded, "later")
		},
	} {
		rep, _ := grpcfilter.UnaryServer(set)(answer).ServeThrift(t.Context(), echoCall(t, "hello"))
		want := mux.Header{{Key: "Own", Value: "0"}, {Key: "a", Value: "1"}, {Key: "a", Value: "2"}, {Key: "b", Value: "3"}, {Key: "z", Value: "9"}}
		if !slices.Equal(rep.Header, want) {
			t.Errorf("%s: headers %v, want %v", name, rep.Header, want)
		}
		if own[:2][1].Key != "spare" {
			t.Errorf("%s: wrote into the handler's array", name)
		}
	}
}

func TestServerOneway(t *testing.T) {
	s := &fooService{}
	ran := false
	see := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
		ran = true
		resp, err := next(ctx, req)
		if rep, ok := resp.(*grpcfilter.Reply); !ok || len(rep.Bytes()) != 0 || err != nil {
			t.Errorf("response %v, error %v", resp, err)
		}
		return resp, err
	}
	rep, err := serve(s, grpcfilter.UnaryServer(see)).ServeThrift(t.Context(), &mux.Request{
		Service: "FooApi", Method: "note", Type: wire.Oneway, Protocol: wire.Binary,
		Body: body(t, wire.Binary, &foo.FooApiNoteArgs{Text: "x"}),
	})
	if err != nil || rep.Type == wire.Reply || !ran || s.noted != 1 {
		t.Errorf("ran %v, noted %d, reply %v, error %v", ran, s.noted, rep, err)
	}
}

// errPrivate is not meant for clients.
var errPrivate = errors.New("password of the database is x")

// TestServerCodes sends failures through an interceptor that only looks.
func TestServerCodes(t *testing.T) {
	exception := wire.AppendExceptionBody(nil, wire.Binary, int32(mux.Overloaded), "later")
	for _, c := range []struct {
		name string
		rep  mux.Reply
		err  error
		want codes.Code
		told string // "" if outside is what the call gave
	}{
		{"an error like any other", mux.Reply{}, errPrivate, codes.Unknown, ""},
		{"a code", mux.Reply{}, mux.Errorf(mux.Overloaded, "later"), codes.ResourceExhausted, ""},
		{"a code, wrapped", mux.Reply{}, fmt.Errorf("x: %w", mux.Errorf(mux.UnknownMethod, "what?")), codes.Unimplemented, ""},
		{"an internal error that is one", mux.Reply{}, mux.Errorf(mux.InternalError, "oops"), codes.Internal, ""},
		{"an exception of the runtime", mux.Reply{}, thrift.NewTApplicationException(thrift.PROTOCOL_ERROR, "cut"), codes.InvalidArgument, ""},
		{"an exception as the reply", mux.Reply{Type: wire.Exception, Body: exception}, nil, codes.ResourceExhausted, ""},
		{"a panic", mux.Reply{}, mux.NewPanicError("oops"), codes.Internal, ""},
		{"a deadline", mux.Reply{}, context.DeadlineExceeded, codes.DeadlineExceeded, ""},
		{"a canceled call", mux.Reply{}, fmt.Errorf("foo: %w", context.Canceled), codes.Canceled, ""},
		{"the end of a stream", mux.Reply{}, io.EOF, codes.Unavailable, ""},
		{"the end of a stream, wrapped", mux.Reply{}, fmt.Errorf("foo: %w", io.EOF), codes.Unavailable, ""},
		{"the end of a stream with a code", mux.Reply{}, &mux.Error{Code: mux.Canceled, Err: io.EOF}, codes.Canceled, ""},
		{"a transport that ended", mux.Reply{}, thrift.NewTTransportExceptionFromError(io.EOF), codes.Unavailable, ""},
		{"a transport that is not open", mux.Reply{}, thrift.NewTTransportException(thrift.NOT_OPEN, "not open"), codes.Unavailable, ""},
		{"half a message", mux.Reply{}, io.ErrUnexpectedEOF, codes.Unavailable, ""},
		{"no reply", mux.Reply{}, nil, codes.Internal, ""},
		{"a status", mux.Reply{}, status.Error(codes.NotFound, "no such user"), codes.NotFound, "no such user"},
		{"a status, wrapped", mux.Reply{}, fmt.Errorf("x: %w", status.Error(codes.NotFound, "no")), codes.NotFound, "no"},
		{"an inner filter's status", mux.Reply{}, &mux.Error{Code: mux.PermissionDenied, Err: status.Error(codes.Unauthenticated, "who?")}, codes.Unauthenticated, ""},
		{"a code before the status behind it", mux.Reply{}, &mux.Error{Code: mux.Overloaded, Err: status.Error(codes.NotFound, "no")}, codes.ResourceExhausted, ""},
		{"success", mux.Reply{Type: wire.Reply}, nil, codes.OK, ""},
		{"a declared exception", mux.Reply{Type: wire.Reply, Failed: true}, nil, codes.OK, ""},
	} {
		var seen error
		look := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
			resp, err := next(ctx, req)
			seen = err
			return resp, err
		}
		answers := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { return c.rep, c.err })
		rep, err := grpcfilter.UnaryServer(look)(answers).ServeThrift(t.Context(), echoCall(t, "hello"))
		if got := status.Code(seen); got != c.want {
			t.Errorf("%s: code %v, want %v", c.name, got, c.want)
		}
		if errors.Is(seen, io.EOF) {
			t.Errorf("%s: the interceptor sees io.EOF", c.name)
		}
		if text := status.Convert(seen).Message(); c.name == "a panic" && text != "internal error" {
			t.Errorf("%s: message %q", c.name, text)
		}
		if _, text := mux.Public(toldOf(err)); c.told != "" {
			if text != c.told {
				t.Errorf("%s: the client is told %q, want %q", c.name, text, c.told)
			}
		} else if err != c.err || rep.Type != c.rep.Type || rep.Failed != c.rep.Failed {
			t.Errorf("%s: outside %v, %v; want what the call gave", c.name, rep, err)
		}
	}
}

// toldOf is err, or a stand-in for none.
func toldOf(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}

// TestServerErrorsOfInterceptors is what a client is told of them.
func TestServerErrorsOfInterceptors(t *testing.T) {
	for _, c := range []struct {
		name string
		err  func(handlers error) error
		code mux.Code
		text string
	}{
		{"a status", func(error) error { return status.Error(codes.Unauthenticated, "who are you?") }, mux.PermissionDenied, "who are you?"},
		{"a status, wrapped", func(error) error {
			return fmt.Errorf("secret: %w", status.Error(codes.ResourceExhausted, "later"))
		}, mux.Overloaded, "later"},
		{"a status that Thrift has no word for", func(error) error { return status.Error(codes.NotFound, "no such user") }, mux.InternalError, "no such user"},
		{"an error like any other", func(error) error { return errPrivate }, mux.InternalError, "internal error"},
		{"a code", func(error) error { return mux.Errorf(mux.Unavailable, "closed") }, mux.Unavailable, "closed"},
		{"the handler's own", func(err error) error { return err }, mux.ValidationFailed, "bad"},
		{"the handler's own, wrapped", func(err error) error { return fmt.Errorf("x: %w", err) }, mux.ValidationFailed, "bad"},
		{"a code for the handler's own", func(err error) error { return &mux.Error{Code: mux.Canceled, Err: err} }, mux.Canceled, "canceled"},
		{"a status made of the handler's own", func(err error) error {
			return status.Error(codes.Unavailable, status.Convert(err).Message())
		}, mux.Unavailable, "bad"},
	} {
		private := &mux.Error{Code: mux.ValidationFailed, Message: "bad", Err: errPrivate}
		i := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
			_, err := next(ctx, req)
			return nil, c.err(err)
		}
		fails := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { return mux.Reply{}, private })
		_, err := grpcfilter.UnaryServer(i)(fails).ServeThrift(t.Context(), echoCall(t, "hello"))
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		if code, text := mux.Public(err); code != c.code || text != c.text {
			t.Errorf("%s: the client is told %v, %q; want %v, %q", c.name, code, text, c.code, c.text)
		}
		if n := mux.NotRunOf(err); n != mux.MayHaveRun {
			t.Errorf("%s: the handler was called, and the error says %v", c.name, n)
		}
	}
}

func TestServerErrorOfAnotherCall(t *testing.T) {
	var kept error
	i := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
		resp, err := next(ctx, req)
		if kept == nil {
			kept = err
		}
		return resp, kept
	}
	calls := 0
	h := grpcfilter.UnaryServer(i)(mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		calls++
		return mux.Reply{Type: wire.Exception, Body: wire.AppendExceptionBody(nil, wire.Binary, int32(mux.Overloaded), fmt.Sprint(calls))}, nil
	}))
	h.ServeThrift(t.Context(), echoCall(t, "first"))
	rep, err := h.ServeThrift(t.Context(), echoCall(t, "second"))
	if rep.Body != nil || err == nil || mux.CodeOf(err) != mux.Overloaded {
		t.Errorf("reply %v, error %v; want no bytes of the first call", rep, err)
	}
}

func TestServerExceptions(t *testing.T) {
	rule := func(method string, rep *grpcfilter.Reply) codes.Code {
		var r foo.FooApiFailResult
		if err := rep.Decode(&r); method != "/FooApi/fail" || err != nil {
			t.Errorf("asked for %s, %v", method, err)
		}
		if r.Error.Reason == "none left" {
			return codes.ResourceExhausted
		}
		return codes.OK
	}
	for reason, want := range map[string]codes.Code{"none left": codes.ResourceExhausted, "no tea": codes.OK} {
		var seen error
		look := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
			resp, err := next(ctx, req)
			seen = err
			return resp, err
		}
		rep, err := serve(&fooService{}, grpcfilter.UnaryServer(look, grpcfilter.WithExceptions(rule))).ServeThrift(t.Context(), &mux.Request{
			Service: "FooApi", Method: "fail", Type: wire.Call, Protocol: wire.Binary,
			Body: body(t, wire.Binary, &foo.FooApiFailArgs{Reason: reason}),
		})
		if status.Code(seen) != want {
			t.Errorf("%s: counts as %v, want %v", reason, seen, want)
		}
		var r foo.FooApiFailResult
		if err != nil || !rep.Failed {
			t.Fatalf("%s: reply %v, error %v, want the exception", reason, rep, err)
		}
		if decode(t, wire.Binary, rep.Body, &r); r.Error == nil || r.Error.Reason != reason {
			t.Errorf("%s: result %v", reason, &r)
		}
	}
}

func TestServerHandlerRunsOnce(t *testing.T) {
	calls := 0
	counts := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		calls++
		return mux.Reply{Type: wire.Reply}, nil
	})
	var late handler
	twice := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
		late = next
		resp, err := next(ctx, req)
		if _, err := next(ctx, req); status.Code(err) != codes.Internal {
			t.Errorf("the second call: error %v", err)
		}
		return resp, err
	}
	rep, err := grpcfilter.UnaryServer(twice)(counts).ServeThrift(t.Context(), echoCall(t, "hello"))
	if err != nil || rep.Type != wire.Reply || calls != 1 {
		t.Errorf("%d calls, reply %v, error %v", calls, rep, err)
	}
	if _, err := late(t.Context(), nil); status.Code(err) != codes.Internal || calls != 1 {
		t.Errorf("a call after the interceptor returned: %d calls, error %v", calls, err)
	}
}

// TestServerWaits has an interceptor return before its handler has: the bytes of
// the call belong to the handler until then.
func TestServerWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, ended := make(chan struct{}), false
		waits := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			<-release
			ended = true
			return mux.Reply{Type: wire.Reply}, nil
		})
		impatient := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
			began := make(chan struct{})
			go func() { // ends before the filter returns
				close(began)
				next(ctx, req)
			}()
			<-began
			synctest.Wait()
			return nil, status.Error(codes.DeadlineExceeded, "no time")
		}
		time.AfterFunc(time.Second, func() { close(release) })
		_, err := grpcfilter.UnaryServer(impatient)(waits).ServeThrift(t.Context(), echoCall(t, "hello"))
		if !ended || err == nil || mux.CodeOf(err) != mux.DeadlineExceeded {
			t.Errorf("the handler had ended: %v, error %v", ended, err)
		}
	})
}

func TestServerPanicsPass(t *testing.T) {
	var late handler
	i := func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
		late = next
		return next(ctx, req)
	}
	panics := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { panic("oops") })
	func() {
		defer func() {
			if v := recover(); v != "oops" {
				t.Errorf("recovered %v, want the panic to pass through", v)
			}
		}()
		grpcfilter.UnaryServer(i)(panics).ServeThrift(t.Context(), echoCall(t, "hello"))
	}()
	if _, err := late(t.Context(), nil); status.Code(err) != codes.Internal {
		t.Errorf("a call after the panic: error %v", err)
	}
}

func TestServerMethods(t *testing.T) {
	var names []string
	note := func(ctx context.Context, req any, info *serverInfo, next handler) (any, error) {
		names = append(names, info.FullMethod)
		return next(ctx, req)
	}
	answers := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { return mux.Reply{Type: wire.Reply}, nil })
	call := func(h mux.Handler, service, method string) error {
		_, err := h.ServeThrift(t.Context(), &mux.Request{Service: service, Method: method, Type: wire.Call, Protocol: wire.Binary, Body: []byte{0}})
		return err
	}
	want := func(what string, want ...string) {
		t.Helper()
		if !slices.Equal(names, want) {
			t.Errorf("%s: interceptors saw %q, want %q", what, names, want)
		}
		names = nil
	}

	f := grpcfilter.UnaryServer(note)
	m := serve(&fooService{}, filter.RenameMethod(filter.Prefix("old_", "")), f)
	m.Alias("", "FooApi")
	m.Handle("Raw", answers, f)
	call(m, "FooApi", "echo")
	call(m, "", "echo")
	call(m, "FooApi", "old_echo")
	call(m, "Raw", "anything")
	want("services", "/FooApi/echo", "/FooApi/echo", "/FooApi/echo", "/Raw/anything")
	if err := call(m, "FooApi", "made up"); err == nil || mux.CodeOf(err) != mux.UnknownMethod {
		t.Errorf("a made up method: error %v", err)
	}
	want("a method that the service has not")

	outside := mux.Chain(m, f)
	call(outside, "", "x")
	want("a server's filter", "//x")

	known := func(service, method string) bool { return service == "Raw" && method == "get" }
	h := grpcfilter.UnaryServer(note, grpcfilter.WithKnown(known))(answers)
	call(h, "Raw", "get")
	if err := call(h, "Raw", "put"); err == nil || mux.CodeOf(err) != mux.UnknownMethod {
		t.Errorf("a method that is not known: error %v", err)
	}
	want("a rule for names", "/Raw/get")

	for i := range 5000 { // more than are remembered
		call(outside, "S", fmt.Sprint("m", i))
	}
	if len(names) != 5000 || names[4999] != "/S/m4999" {
		t.Errorf("%d names, the last %q", len(names), names[len(names)-1])
	}
}

func TestChainServer(t *testing.T) {
	var order []string
	named := func(name string) serverInterceptor {
		return func(ctx context.Context, req any, _ *serverInfo, next handler) (any, error) {
			order = append(order, name)
			resp, err := next(ctx, req)
			order = append(order, name+" after")
			return resp, err
		}
	}
	chain := grpcfilter.ChainServer(named("a"), named("b"))
	for range 2 {
		order = nil
		rep, err := serve(&fooService{}, grpcfilter.UnaryServer(chain)).ServeThrift(t.Context(), echoCall(t, "hello"))
		if err != nil || echoed(t, rep) != "hello" || !slices.Equal(order, []string{"a", "b", "b after", "a after"}) {
			t.Errorf("order %q, reply %v, error %v", order, rep, err)
		}
	}
	rep, err := serve(&fooService{}, grpcfilter.UnaryServer(grpcfilter.ChainServer())).ServeThrift(t.Context(), echoCall(t, "hello"))
	if err != nil || echoed(t, rep) != "hello" {
		t.Errorf("an empty chain: reply %v, error %v", rep, err)
	}
}

func BenchmarkUnaryServer(b *testing.B) {
	h := grpcfilter.UnaryServer(passes)(mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		return mux.Reply{Type: wire.Reply}, nil
	}))
	req := echoCall(b, "hello")
	req.Peer = &mux.Peer{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeThrift(ctx, req)
	}
}
