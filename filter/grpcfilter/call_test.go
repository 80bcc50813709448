package grpcfilter_test

import (
	"context"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// fooService is FooApi, of which only what the tests call does something.
type fooService struct {
	foo.FooApi
	echo  func(ctx context.Context, msg string) (string, error)
	noted int
}

func (s *fooService) Echo(ctx context.Context, msg string) (string, error) {
	if s.echo == nil {
		return msg, nil
	}
	return s.echo(ctx, msg)
}

func (s *fooService) Fail(_ context.Context, reason string) (string, error) {
	return "", &foo.ApiError{Reason: reason, Code: 7}
}

func (s *fooService) Note(context.Context, string) error {
	s.noted++
	return nil
}

// serve returns a mux with s as FooApi behind filters.
func serve(s *fooService, filters ...mux.Filter) *mux.Mux {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(s), filters...)
	return m
}

// codecs are the protocols that bodies are tested in.
var codecs = map[wire.Protocol]func() protocol.Codec{
	wire.Binary:  func() protocol.Codec { return new(protocol.Binary) },
	wire.Compact: func() protocol.Codec { return new(protocol.Compact) },
	wire.JSON:    func() protocol.Codec { return new(protocol.JSON) },
}

// body returns s as it is encoded in p.
func body(t testing.TB, p wire.Protocol, s thrift.TStruct) []byte {
	t.Helper()
	c := codecs[p]()
	c.ResetBody(protocol.Message{}, nil, nil)
	if err := s.Write(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c.Out()
}

// decode reads b into s.
func decode(t testing.TB, p wire.Protocol, b []byte, s thrift.TStruct) {
	t.Helper()
	c := codecs[p]()
	c.ResetBody(protocol.Message{}, b, nil)
	if err := s.Read(t.Context(), c); err != nil {
		t.Fatalf("%T: %v", s, err)
	}
}

// echoCall is a call of FooApi.echo, in the binary protocol.
func echoCall(t testing.TB, msg string) *mux.Request {
	return &mux.Request{
		Name: "FooApi:echo", Service: "FooApi", Method: "echo", Type: wire.Call, Protocol: wire.Binary,
		Body: body(t, wire.Binary, &foo.FooApiEchoArgs{Msg: msg}),
	}
}

// echoed returns what a call of FooApi.echo was answered.
func echoed(t testing.TB, rep mux.Reply) string {
	t.Helper()
	var r foo.FooApiEchoResult
	decode(t, wire.Binary, rep.Body, &r)
	if r.Success == nil {
		t.Fatal("the reply has no result")
	}
	return *r.Success
}

type (
	serverInterceptor = grpc.UnaryServerInterceptor
	handler           = grpc.UnaryHandler
	serverInfo        = grpc.UnaryServerInfo
)
