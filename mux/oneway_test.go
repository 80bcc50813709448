package mux

import (
	"context"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// noFoo panics when it is called, having no methods of its own.
type noFoo struct{ foo.FooApi }
type noBar struct{ bar.BarApi }

func TestOnewayMethodsAreKnownWithoutACall(t *testing.T) {
	m := New()
	m.Register("FooApi", foo.NewFooApiProcessor(noFoo{}))
	m.Register("BarApi", bar.NewBarApiProcessor(noBar{}))
	m.Alias("", "FooApi")
	for name, want := range map[[2]string]bool{
		{"FooApi", "note"}: true, {"", "note"}: true, {"FooApi", "echo"}: false, {"FooApi", "notes"}: false,
		{"BarApi", "note"}: false, {"BarApi", "echo"}: false, {"None", "note"}: false,
	} {
		if got := m.IsOneway(name[0], name[1]); got != want {
			t.Errorf("%v: got %v", name, got)
		}
	}
}

func TestWrappedMethodsAreNotAsked(t *testing.T) {
	p := thrift.WrapProcessor(foo.NewFooApiProcessor(noFoo{}), func(name string, next thrift.TProcessorFunction) thrift.TProcessorFunction {
		return thrift.WrappedTProcessorFunction{Wrapped: func(ctx context.Context, seqID int32, in, out thrift.TProtocol) (bool, thrift.TException) {
			t.Errorf("%s was called", name)
			return next.Process(ctx, seqID, in, out)
		}}
	})
	m := New()
	m.Register("FooApi", p)
	if m.IsOneway("FooApi", "note") {
		t.Error("known without having been asked")
	}
}
