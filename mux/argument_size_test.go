package mux

import (
	"context"
	"reflect"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
	"github.com/oneport-thrift/oneport/thrift/gen-go/tree"
)

// extending is a processor as the compiler makes it for a service that extends
// another.
type extending struct{ *tree.TreeApiProcessor }

// custom is a processor that nothing is known of.
type custom struct{ thrift.TProcessor }

// wrapped is a function that middleware has put around another.
type wrapped struct{ thrift.TProcessorFunction }

func TestArgumentSize(t *testing.T) {
	node := protocol.StructSize(reflect.TypeFor[tree.Tree]())
	trees := tree.NewTreeApiProcessor(nil)
	depth := trees.ProcessorMap()["depth"]
	rows := hbase.NewHbaseProcessor(nil)
	for name, tt := range map[string]struct {
		p      thrift.TProcessor
		method string
		f      thrift.TProcessorFunction
		want   int64
	}{
		"a struct that holds itself": {trees, "depth", depth, node},
		"wrapped":                    {trees, "depth", wrapped{depth}, node},
		"extending":                  {extending{trees}, "depth", wrapped{depth}, node},
		"another name":               {trees, "renamed", depth, node},
		"nothing known":              {custom{trees}, "depth", wrapped{depth}, 0},
		"no structs":                 {foo.NewFooApiProcessor(nil), "echo", foo.NewFooApiProcessor(nil).ProcessorMap()["echo"], 16},
		"lists of structs": {rows, "mutateRows", rows.ProcessorMap()["mutateRows"],
			protocol.StructSize(reflect.TypeFor[[]*hbase.RowMutations]())},
	} {
		if got := argumentSize(tt.p, tt.method, tt.f); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
	if h := Processor(trees).(*processor); h.methods["depth"].structSize != node {
		t.Errorf("a processor's method has %d, want %d", h.methods["depth"].structSize, node)
	}
}

// noMemory is a counter that is full.
type noMemory struct{}

func (noMemory) Take(int64) error { return Errorf(Overloaded, "no room for it") }

// TestNoMemoryToDecodeInto tells a call that is too large from one for which there is
// no memory now.
func TestNoMemoryToDecodeInto(t *testing.T) {
	m := New()
	m.Register("TreeApi", tree.NewTreeApiProcessor(nil))
	kids := &tree.Tree{Children: make([]*tree.Tree, 100_000)}
	for i := range kids.Children {
		kids.Children[i] = new(tree.Tree)
	}
	var c protocol.Compact
	c.ResetBody(protocol.Message{}, nil, nil)
	if err := (&tree.TreeApiDepthArgs{T: kids}).Write(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	for code, memory := range map[Code]protocol.Memory{
		Overloaded:    {Counter: noMemory{}},
		ProtocolError: {Max: 1 << 20, Counter: noMemory{}},
	} {
		req := &Request{Service: "TreeApi", Method: "depth", Type: 1, Protocol: 2, Body: c.Out(), Memory: memory}
		_, err := m.ServeThrift(context.Background(), req)
		if CodeOf(err) != code {
			t.Errorf("%v, want %v", err, code)
		}
	}
}
