package client_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// A server whose services are clients of another is a gateway.
func TestForwardingServer(t *testing.T) {
	for _, p := range []wire.Protocol{wire.Binary, wire.Compact} {
		t.Run(p.String(), func(t *testing.T) {
			noneLeft(t)
			behind := serveOn(t, "tcp", newMux(), &client.Client{})
			m := mux.New()
			m.Handle("FooApi", behind.Handler("FooApi"))
			m.Handle("BarApi", behind.Handler("BarApi"))
			m.Handle("", behind.Handler(""))
			m.Handle("NoApi", behind.Handler("NoApi"))
			c := serveOn(t, "tcp", m, &client.Client{Protocol: p})
			callEverything(t, c)
			manyCallers(t, c, 16, 50)
		})
	}
}

func TestHandlerForwardsBytes(t *testing.T) {
	noneLeft(t)
	var seen mux.Request
	c := serveOn(t, "memory", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		seen = *req.Clone()
		return mux.ResultReply(req.Protocol, append(req.Scratch, req.Body...)), nil
	}), &client.Client{})
	body := []byte{0x08, 0, 1, 0, 0, 0, 42, 0}
	blocked := 0
	req := &mux.Request{Name: "Mine:method", Service: "Mine", Method: "method", Type: wire.Call,
		Protocol: wire.Binary, SeqID: 77, Body: bytes.Clone(body), OnBlock: func() { blocked++ }}
	rep, err := c.Handler("Theirs").ServeThrift(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Type != wire.Reply || !rep.Failed || !bytes.Equal(rep.Body, body) {
		t.Errorf("the reply is %v, failed %v, % x", rep.Type, rep.Failed, rep.Body)
	}
	if seen.Name != "Theirs:method" || !bytes.Equal(seen.Body, body) {
		t.Errorf("the server got %q, % x", seen.Name, seen.Body)
	}
	if req.Service != "Mine" || req.Method != "method" || !bytes.Equal(req.Body, body) {
		t.Errorf("the request was changed: %q, %q, % x", req.Service, req.Method, req.Body)
	}
	if blocked != 1 {
		t.Errorf("the session was told %d times that the call blocks, want once", blocked)
	}
	req.Release()
}

func TestHandlerRefusesJSON(t *testing.T) {
	c := serveOn(t, "memory", newMux(), &client.Client{})
	_, err := c.Handler("FooApi").ServeThrift(t.Context(), &mux.Request{Method: "echo", Type: wire.Call, Protocol: wire.JSON, Body: []byte("{}")})
	var e *client.Error
	if !errors.As(err, &e) || e.Code != mux.InvalidProtocol || e.NotRun == mux.MayHaveRun || client.IsRetriable(err) {
		t.Errorf("error %v, want %v", err, mux.InvalidProtocol)
	}
	if code, text := mux.Public(err); code != mux.InvalidProtocol || text != "invalid protocol; the call was not run" {
		t.Errorf("a client of the gateway is told %v, %q", code, text)
	}
}

// TestHandlerPassesExceptionsOn: one of a call that may have been run is a reply
// like any other, one of a call that was not is an error that says so.
func TestHandlerPassesExceptionsOn(t *testing.T) {
	m := newMux()
	m.Handle("Fails", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		return mux.Reply{}, mux.Errorf(mux.Unavailable, "no tea")
	}))
	c := serveOn(t, "memory", m, &client.Client{})
	req := &mux.Request{Method: "brew", Type: wire.Call, Protocol: wire.Compact, Body: []byte{0}}
	rep, err := c.Handler("Fails").ServeThrift(t.Context(), req)
	if err != nil || rep.Type != wire.Exception {
		t.Fatalf("reply of type %v, %v, want an exception", rep.Type, err)
	}
	code, text, n, err := wire.ParseMarkedException(wire.Compact, rep.Body)
	if err != nil || mux.Code(code) != mux.Unavailable || text != "no tea" || n != mux.MayHaveRun {
		t.Errorf("an exception of type %d, %q, %v, %v, want %d", code, text, n, err, mux.Unavailable)
	}
	req.Release()
	req = &mux.Request{Method: "vanish", Type: wire.Call, Protocol: wire.Compact, Body: []byte{0}}
	rep, err = c.Handler("FooApi").ServeThrift(t.Context(), req)
	var e *mux.Error
	if !errors.As(err, &e) || e.Code != mux.UnknownMethod || req.NotRun(err) != mux.DoNotSendAgain || rep.Body != nil {
		t.Errorf("an unknown method: %v, %v, want %v", err, req.NotRun(err), mux.UnknownMethod)
	}
	req.Release()
}

func TestFilters(t *testing.T) {
	noneLeft(t)
	var log []string
	note := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			rep, err := next.ServeThrift(ctx, req)
			log = append(log, req.Name+" "+req.Service+" "+req.Method+" "+rep.Type.String())
			return rep, err
		})
	}
	rename := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			service := req.Service
			req.Service = "BarApi"
			rep, err := next.ServeThrift(ctx, req)
			req.Service = service
			return rep, err
		})
	}
	refuse := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Method == "reverse" {
				return mux.Reply{}, mux.Errorf(mux.PermissionDenied, "not today")
			}
			return next.ServeThrift(ctx, req)
		})
	}
	c := serveOn(t, "memory", newMux(), &client.Client{Filters: []mux.Filter{note, refuse, rename}})
	if got, err := foo.NewFooApiClient(c.Service("Alias")).Echo(t.Context(), "x"); got != "bar: x" || err != nil {
		t.Errorf("echo: %q, %v", got, err)
	}
	_, err := bar.NewBarApiClient(c.Service("BarApi")).Reverse(t.Context(), "x")
	var e *mux.Error
	if !errors.As(err, &e) || e.Code != mux.PermissionDenied {
		t.Errorf("reverse: %v, want the filter's error", err)
	}
	want := []string{"Alias:echo Alias echo reply", "BarApi:reverse BarApi reverse type(0)"}
	if len(log) != 2 || log[0] != want[0] || log[1] != want[1] {
		t.Errorf("the filter saw %q, want %q", log, want)
	}
}

// tooBig are arguments that cannot be encoded.
type tooBig struct{ thrift.TStruct }

func (tooBig) Write(context.Context, thrift.TProtocol) error { return errors.New("no room") }

func TestArgumentsThatCannotBeSent(t *testing.T) {
	c := serveOn(t, "memory", newMux(), &client.Client{MaxMessageSize: 1000})
	_, err := c.Service("FooApi").Call(t.Context(), "echo", tooBig{}, foo.NewFooApiEchoResult())
	check(t, "broken arguments", err, outcome{code: mux.ProtocolError, notRun: true, text: "no room"})
	_, err = foo.NewFooApiClient(c.Service("FooApi")).Echo(t.Context(), string(make([]byte, 1000)))
	check(t, "a call over the limit", err, outcome{code: mux.ProtocolError, notRun: true, text: "limit of 1000"})
	if got, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(t.Context(), "next"); got != "next" || err != nil {
		t.Errorf("the next call: %q, %v", got, err)
	}
}
