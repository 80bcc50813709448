package mux_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// protocols are those that stubs can be called in.
var protocols = []wire.Protocol{wire.Binary, wire.Compact, wire.JSON}

func newCodec(t testing.TB, p wire.Protocol) protocol.Codec {
	t.Helper()
	switch p {
	case wire.Binary:
		return new(protocol.Binary)
	case wire.Compact:
		return new(protocol.Compact)
	case wire.JSON:
		return new(protocol.JSON)
	}
	t.Fatalf("no codec for %v", p)
	return nil
}

// encode returns the struct as bytes.
func encode(t testing.TB, p wire.Protocol, s thrift.TStruct) []byte {
	t.Helper()
	c := newCodec(t, p)
	c.ResetBody(protocol.Message{}, nil, nil)
	if err := s.Write(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return c.Out()
}

// decode reads the struct from bytes.
func decode(t testing.TB, p wire.Protocol, body []byte, s thrift.TStruct) {
	t.Helper()
	c := newCodec(t, p)
	c.ResetBody(protocol.Message{}, body, nil)
	if err := s.Read(context.Background(), c); err != nil {
		t.Fatalf("%v: %v", p, err)
	}
}

// call returns a request as a session makes it of a name on the wire.
func call(name string) *mux.Request {
	service, method := wire.SplitName(name)
	return &mux.Request{Name: name, Service: service, Method: method, Type: wire.Call, SeqID: 3, Protocol: wire.Binary}
}

// request is call with arguments.
func request(t testing.TB, p wire.Protocol, name string, args thrift.TStruct) *mux.Request {
	t.Helper()
	req := call(name)
	req.Protocol, req.Body = p, encode(t, p, args)
	return req
}

// caller is a thrift.TClient over a handler, for the client half of a stub. An
// error of the handler is returned as it is.
type caller struct {
	tb      testing.TB
	handler mux.Handler
	service string
	p       wire.Protocol
}

func (c caller) Call(ctx context.Context, method string, args, result thrift.TStruct) (thrift.ResponseMeta, error) {
	rep, err := c.handler.ServeThrift(ctx, request(c.tb, c.p, c.service+":"+method, args))
	switch {
	case err != nil:
	case result == nil && rep.Type != wire.Oneway:
		err = fmt.Errorf("reply to a oneway call: %+v", rep)
	case result != nil && rep.Type != wire.Reply:
		err = fmt.Errorf("no reply but %+v", rep)
	case result != nil:
		decode(c.tb, c.p, rep.Body, result)
	}
	return thrift.ResponseMeta{}, err
}

// fooClient returns the client half of FooApi's stub over h.
func fooClient(tb testing.TB, h mux.Handler) *foo.FooApiClient {
	return foo.NewFooApiClient(caller{tb, h, "FooApi", wire.Binary})
}

// echo calls FooApi's echo.
func echo(tb testing.TB, h mux.Handler, p wire.Protocol, msg string) (string, error) {
	return foo.NewFooApiClient(caller{tb, h, "FooApi", p}).Echo(context.Background(), msg)
}
