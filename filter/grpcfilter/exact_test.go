package grpcfilter_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// trailing reports whether err is of bytes behind a struct.
func trailing(err error) bool {
	e := (*wire.Error)(nil)
	return errors.As(err, &e) && e.Kind == wire.Trailing
}

func TestArgsAreOneStruct(t *testing.T) {
	for _, c := range []struct {
		p     wire.Protocol
		codec protocol.Codec
	}{{wire.Binary, new(protocol.Binary)}, {wire.Compact, new(protocol.Compact)}, {wire.JSON, new(protocol.JSON)}} {
		one := bytes.Clone(everyType(t, c.codec))
		two := append(bytes.Clone(one), one...)
		for body, want := range map[string]bool{string(one): false, string(two): true} {
			args := argsOf(t, c.p, []byte(body))
			if err := args.Decode(new(foo.FooApiNoteArgs)); trailing(err) != want || (err != nil) != want {
				t.Errorf("%v: decoded %q: %v", c.p, body, err)
			}
			var last error
			for _, err := range args.Fields() {
				last = err
			}
			if trailing(last) != want || (last != nil) != want {
				t.Errorf("%v: fields of %q: %v", c.p, body, last)
			}
		}
	}
}

// noMemory is a counter that is full.
type noMemory struct{}

func (noMemory) Take(int64) error { return mux.Errorf(mux.Overloaded, "no room for it") }

// TestDecodedArgsAreBounded has arguments decoded for an interceptor.
func TestDecodedArgsAreBounded(t *testing.T) {
	var c protocol.Compact
	c.ResetBody(protocol.Message{}, nil, nil)
	if err := (&bar.BarApiIndexArgs{Words: make([]string, 100_000)}).Write(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	i := func(context.Context, any, *serverInfo, handler) (any, error) { return nil, errors.New("called") }
	f := grpcfilter.UnaryServer(i, grpcfilter.WithArgs("BarApi/index", func() thrift.TStruct { return new(bar.BarApiIndexArgs) }))
	for code, memory := range map[mux.Code]protocol.Memory{
		mux.ProtocolError: {Max: 1 << 20}, mux.Overloaded: {Counter: noMemory{}},
	} {
		req := &mux.Request{Name: "BarApi:index", Service: "BarApi", Method: "index", Protocol: wire.Compact, Body: c.Out(), Memory: memory}
		m := mux.New()
		m.Handle("BarApi", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			t.Error("the handler was called")
			return mux.Reply{}, nil
		}), f)
		if _, err := m.ServeThrift(t.Context(), req); mux.CodeOf(err) != code {
			t.Errorf("%v, want %v", err, code)
		}
	}
}
