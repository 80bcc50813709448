package mux_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/tree"
)

// chain is a tree of n levels, the root included.
func chain(n int) *tree.Tree {
	t := new(tree.Tree)
	for range n - 1 {
		t = &tree.Tree{Inner: t}
	}
	return t
}

// TestDepthLimit counts the argument struct as the first level.
func TestDepthLimit(t *testing.T) {
	h := mux.Processor(tree.NewTreeApiProcessor(treeService{}))
	for _, tt := range []struct{ limit, levels int }{{0, 64}, {10, 10}, {100, 100}} {
		for _, p := range protocols {
			for _, over := range []int{0, 1} {
				req := request(t, p, "depth", &tree.TreeApiDepthArgs{T: chain(tt.levels - 1 + over)})
				req.MaxDepth = tt.limit
				rep, err := h.ServeThrift(t.Context(), req)
				if over == 1 {
					if mux.CodeOf(err) != mux.ProtocolError || rep.Body != nil {
						t.Errorf("%v, MaxDepth %d: %v over it", p, tt.limit, err)
					}
					continue
				}
				var got tree.TreeApiDepthResult
				if err != nil {
					t.Errorf("%v, MaxDepth %d: %v", p, tt.limit, err)
				} else if decode(t, p, rep.Body, &got); int(got.GetSuccess()) != tt.levels-1 {
					t.Errorf("%v, MaxDepth %d: depth %d, want %d", p, tt.limit, got.GetSuccess(), tt.levels-1)
				}
			}
		}
	}
}

// TestFourMillionLevels sends what would overflow the stack, in a message of the
// default size.
func TestFourMillionLevels(t *testing.T) {
	h := mux.Processor(tree.NewTreeApiProcessor(treeService{}))
	for p, level := range map[wire.Protocol]string{
		wire.Binary: "\x0c\x00\x01", wire.Compact: "\x1c", wire.JSON: `{"1":{"rec":`,
	} {
		req := call("depth")
		req.Protocol = p
		req.Body = bytes.Repeat([]byte(level), min(4<<20, wire.DefaultMessage/len(level)))
		wantLittleMemory(t, h, req)
	}
}

// TestALongCountTakesNoMemory announces two billion children.
func TestALongCountTakesNoMemory(t *testing.T) {
	h := mux.Processor(tree.NewTreeApiProcessor(treeService{}))
	req := call("depth")
	req.Body = binary.BigEndian.AppendUint32([]byte("\x0c\x00\x01\x0f\x00\x03\x0c"), 1<<31-1)
	wantLittleMemory(t, h, req)
	req.Protocol = wire.Compact
	req.Body = binary.AppendUvarint([]byte("\x1c\x39\xfc"), 1<<31-1)
	wantLittleMemory(t, h, req)
}

// wantLittleMemory wants the arguments to be refused within a megabyte.
func wantLittleMemory(t *testing.T, h mux.Handler, req *mux.Request) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := h.ServeThrift(t.Context(), req)
	runtime.ReadMemStats(&after)
	if mux.CodeOf(err) != mux.ProtocolError {
		t.Errorf("%v: %.200v", req.Protocol, err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%v: %d bytes of memory for %d", req.Protocol, got, len(req.Body))
	}
}
