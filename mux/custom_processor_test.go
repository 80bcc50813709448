package mux_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// custom is a processor that nobody generated. It knows the method "any".
type custom func(ctx context.Context, in, out thrift.TProtocol) (bool, thrift.TException)

func (c custom) Process(ctx context.Context, in, out thrift.TProtocol) (bool, thrift.TException) {
	return c(ctx, in, out)
}

func (custom) ProcessorMap() map[string]thrift.TProcessorFunction {
	return map[string]thrift.TProcessorFunction{"any": nil}
}

func (custom) AddToProcessorMap(string, thrift.TProcessorFunction) {}

// write writes a message of which the body is s.
func write(ctx context.Context, out thrift.TProtocol, typ thrift.TMessageType, s thrift.TStruct) error {
	return errors.Join(out.WriteMessageBegin(ctx, "any", typ, 3), s.Write(ctx, out), out.WriteMessageEnd(ctx), out.Flush(ctx))
}

// half is a struct that cannot be written to its end, as a set cannot that holds
// an element twice.
type half struct{ foo.ApiError }

func (h *half) Write(ctx context.Context, out thrift.TProtocol) error {
	return errors.Join(out.WriteStructBegin(ctx, "half"), out.WriteFieldBegin(ctx, "a", thrift.STRUCT, 0), errSecret)
}

func TestCustomProcessors(t *testing.T) {
	yes := "yes"
	result := &foo.FooApiEchoResult{Success: &yes}
	secret := thrift.WrapTException(errSecret)
	for _, tt := range []struct {
		name    string
		process custom
		typ     wire.Type
		code    mux.Code // of the error, -1 for none
	}{
		{"true in silence", func(context.Context, thrift.TProtocol, thrift.TProtocol) (bool, thrift.TException) {
			return true, nil
		}, wire.Oneway, -1},
		{"false in silence", func(context.Context, thrift.TProtocol, thrift.TProtocol) (bool, thrift.TException) {
			return false, nil
		}, 0, -1},
		{"error in silence", func(context.Context, thrift.TProtocol, thrift.TProtocol) (bool, thrift.TException) {
			return false, secret
		}, 0, mux.InternalError},
		{"protocol exception in silence", func(context.Context, thrift.TProtocol, thrift.TProtocol) (bool, thrift.TException) {
			return false, thrift.NewTProtocolException(errSecret)
		}, 0, mux.ProtocolError},
		{"reply", func(ctx context.Context, _, out thrift.TProtocol) (bool, thrift.TException) {
			return true, thrift.WrapTException(write(ctx, out, thrift.REPLY, result))
		}, wire.Reply, -1},
		{"reply and false", func(ctx context.Context, _, out thrift.TProtocol) (bool, thrift.TException) {
			return false, thrift.WrapTException(write(ctx, out, thrift.REPLY, result))
		}, wire.Reply, -1},
		{"half a reply", func(ctx context.Context, _, out thrift.TProtocol) (bool, thrift.TException) {
			return false, thrift.WrapTException(write(ctx, out, thrift.REPLY, new(half)))
		}, 0, mux.InternalError},
		{"exception", func(ctx context.Context, _, out thrift.TProtocol) (bool, thrift.TException) {
			ex := thrift.NewTApplicationException(thrift.MISSING_RESULT, "none")
			return false, thrift.WrapTException(write(ctx, out, thrift.EXCEPTION, ex))
		}, 0, mux.MissingResult},
		{"half an exception", func(ctx context.Context, _, out thrift.TProtocol) (bool, thrift.TException) {
			return false, thrift.WrapTException(write(ctx, out, thrift.EXCEPTION, new(half)))
		}, 0, mux.InternalError},
		{"panic", func(context.Context, thrift.TProtocol, thrift.TProtocol) (bool, thrift.TException) {
			panic("boom")
		}, 0, mux.InternalError},
		{"panic after a reply", func(ctx context.Context, _, out thrift.TProtocol) (bool, thrift.TException) {
			write(ctx, out, thrift.REPLY, result)
			panic("boom")
		}, 0, mux.InternalError},
	} {
		for _, p := range protocols {
			t.Run(tt.name+"/"+p.String(), func(t *testing.T) {
				m := mux.New()
				m.Register("Custom", tt.process)
				rep, err := m.ServeThrift(t.Context(), request(t, p, "Custom:any", &foo.FooApiEchoArgs{}))
				if rep.Type != tt.typ || (rep.Body != nil) != (tt.typ == wire.Reply) {
					t.Errorf("reply %+v, want the type %v", rep, tt.typ)
				}
				if (err == nil) != (tt.code < 0) || err != nil && mux.CodeOf(err) != tt.code {
					t.Errorf("%v, want the code %v", err, tt.code)
				}
				if err != nil {
					if _, text := mux.Public(err); strings.Contains(text, "swordfish") {
						t.Errorf("the client is told %q", text)
					}
				}
				if rep.Type == wire.Reply {
					var got foo.FooApiEchoResult
					decode(t, p, rep.Body, &got)
					if got.GetSuccess() != yes {
						t.Errorf("result %v", &got)
					}
				}
			})
		}
	}
}

// TestAMultiplexedProcessor puts the runtime's own multiplexer behind ours: its
// methods have its services' names before them. Register does not take it, since
// hardly anybody means that.
func TestAMultiplexedProcessor(t *testing.T) {
	inner := thrift.NewTMultiplexedProcessor()
	inner.RegisterProcessor("FooApi", fooProcessor(nil))
	inner.RegisterProcessor("BarApi", bar.NewBarApiProcessor(barService{}))
	inner.RegisterDefault(fooProcessor(nil))
	m := mux.New()
	m.Handle("Old", mux.Processor(inner))
	m.Alias("", "Old")
	for name, want := range map[string]string{
		"Old:FooApi:echo": "hi",
		"Old:BarApi:echo": "bar: hi",
		":BarApi:echo":    "bar: hi",
		"Old:echo":        "hi",
		"echo":            "hi",
	} {
		for _, p := range protocols {
			rep, err := m.ServeThrift(t.Context(), request(t, p, name, &foo.FooApiEchoArgs{Msg: "hi"}))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			var got foo.FooApiEchoResult
			if decode(t, p, rep.Body, &got); got.GetSuccess() != want {
				t.Errorf("%s in %v: %q, want %q", name, p, got.GetSuccess(), want)
			}
		}
	}
	for _, name := range []string{"Old:None:echo", "Old:FooApi:none"} {
		if _, err := m.ServeThrift(t.Context(), call(name)); mux.CodeOf(err) != mux.UnknownMethod {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := labelsOf(t, m, "Old:BarApi:echo"); got != [2]string{"Old", "BarApi:echo"} {
		t.Errorf("labels %v", got)
	}
}

// TestTheRuntimesMiddleware wraps a processor as thrift.WrapProcessor does.
func TestTheRuntimesMiddleware(t *testing.T) {
	var seen []string
	p := thrift.WrapProcessor(fooProcessor(nil), func(name string, next thrift.TProcessorFunction) thrift.TProcessorFunction {
		return thrift.WrappedTProcessorFunction{
			Wrapped: func(ctx context.Context, seqid int32, in, out thrift.TProtocol) (bool, thrift.TException) {
				seen = append(seen, name)
				return next.Process(ctx, seqid, in, out)
			},
		}
	})
	m := mux.New()
	m.Register("FooApi", p)
	if got, err := echo(t, m, wire.Binary, "hi"); got != "hi" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if len(seen) != 1 || seen[0] != "echo" {
		t.Errorf("the middleware saw %q", seen)
	}
}
