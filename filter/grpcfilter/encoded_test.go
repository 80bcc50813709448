package grpcfilter_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// argsOf returns what an interceptor gets for the body b.
func argsOf(t testing.TB, p wire.Protocol, b []byte) (args *grpcfilter.Args) {
	t.Helper()
	i := func(_ context.Context, req any, _ *serverInfo, _ handler) (any, error) {
		args = req.(*grpcfilter.Args).Clone()
		return nil, nil
	}
	grpcfilter.UnaryServer(i)(nil).ServeThrift(t.Context(), &mux.Request{Protocol: p, Body: b})
	return args
}

// everyType writes a struct with a field of every type.
func everyType(t testing.TB, c protocol.Codec) []byte {
	ctx := t.Context()
	c.ResetBody(protocol.Message{}, nil, nil)
	must := func(errs ...error) {
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	begin := func(typ thrift.TType, id int16) { must(c.WriteFieldBegin(ctx, "", typ, id)) }
	must(c.WriteStructBegin(ctx, ""))
	begin(thrift.BOOL, 1)
	must(c.WriteBool(ctx, true), c.WriteFieldEnd(ctx))
	begin(thrift.I08, 2)
	must(c.WriteByte(ctx, -2), c.WriteFieldEnd(ctx))
	begin(thrift.I16, 3)
	must(c.WriteI16(ctx, 300), c.WriteFieldEnd(ctx))
	begin(thrift.I32, 4)
	must(c.WriteI32(ctx, 70000), c.WriteFieldEnd(ctx))
	begin(thrift.I64, 5)
	must(c.WriteI64(ctx, 1<<40), c.WriteFieldEnd(ctx))
	begin(thrift.DOUBLE, 6)
	must(c.WriteDouble(ctx, 0.5), c.WriteFieldEnd(ctx))
	begin(thrift.LIST, 8)
	must(c.WriteListBegin(ctx, thrift.I32, 2), c.WriteI32(ctx, 1), c.WriteI32(ctx, 2), c.WriteListEnd(ctx), c.WriteFieldEnd(ctx))
	begin(thrift.STRUCT, 9)
	must(c.WriteStructBegin(ctx, ""), c.WriteFieldStop(ctx), c.WriteStructEnd(ctx), c.WriteFieldEnd(ctx))
	begin(thrift.BOOL, 10)
	must(c.WriteBool(ctx, false), c.WriteFieldEnd(ctx))
	must(c.WriteFieldStop(ctx), c.WriteStructEnd(ctx))
	return c.Out()
}

func fieldsOf(args *grpcfilter.Args) (string, error) {
	var b strings.Builder
	for f, err := range args.Fields() {
		if err != nil {
			return b.String(), err
		}
		fmt.Fprintf(&b, "%d:%v ", f.ID, f.Value)
	}
	return b.String(), nil
}

func TestFields(t *testing.T) {
	const want = "1:true 2:-2 3:300 4:70000 5:1099511627776 6:0.5 8:<nil> 9:<nil> 10:false "
	for p, codec := range codecs {
		encoded := everyType(t, codec())
		args := argsOf(t, p, encoded)
		if got, err := fieldsOf(args); got != want || err != nil {
			t.Errorf("%v: fields %q, error %v; want %q", p, got, err, want)
		}
		if args.Protocol() != p || string(args.Bytes()) != string(encoded) {
			t.Errorf("%v: protocol %v, %d bytes", p, args.Protocol(), len(args.Bytes()))
		}
		for range args.Fields() {
			break // early
		}
		for n := range len(encoded) {
			if got, err := fieldsOf(argsOf(t, p, encoded[:n])); err == nil || !strings.HasPrefix(want, got) {
				t.Errorf("%v cut at %d: fields %q, error %v", p, n, got, err)
			}
		}
	}
	if _, err := fieldsOf(argsOf(t, 0, nil)); err == nil {
		t.Error("fields in no protocol")
	}
}

func FuzzFields(f *testing.F) {
	for p, codec := range codecs {
		f.Add(byte(p), everyType(f, codec()))
	}
	f.Fuzz(func(t *testing.T, p byte, b []byte) {
		args := argsOf(t, wire.Protocol(p), b)
		n := 0
		for range args.Fields() {
			n++
		}
		if n > len(b)+1 {
			t.Errorf("%d fields in %d bytes", n, len(b))
		}
	})
}
