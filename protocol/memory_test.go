package protocol_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
	"github.com/oneport-thrift/oneport/thrift/gen-go/tree"
)

// remembering returns the codec of bodies of a format with a bound on memory.
func remembering(format string, m protocol.Memory) protocol.Codec {
	switch format {
	case "binary":
		return &protocol.Binary{Memory: &m}
	case "compact":
		return &protocol.Compact{Memory: &m}
	}
	return &protocol.JSON{Memory: &m}
}

// counter is a protocol.Counter with a limit.
type counter struct {
	limit, taken int64
	asked        int
}

var errFull = errors.New("the counter is full")

func (c *counter) Take(n int64) error {
	if c.asked++; c.taken+n > c.limit {
		return errFull
	}
	c.taken += n
	return nil
}

// swelling is bytes that say to hold n values of type t, in field 1 of a struct. A
// map's keys are bytes.
func swelling(format string, container, t thrift.TType, n int) []byte {
	if format == "compact" {
		compact := map[thrift.TType]byte{thrift.BOOL: 1, thrift.BYTE: 3, thrift.I64: 6, thrift.STRING: 8, thrift.LIST: 9, thrift.MAP: 11, thrift.STRUCT: 12}
		b := []byte{1<<4 | compact[container]}
		if container == thrift.MAP {
			b = append(binary.AppendUvarint(b, uint64(n)), 3<<4|compact[t])
		} else {
			b = binary.AppendUvarint(append(b, 0xf0|compact[t]), uint64(n))
		}
		return append(b, make([]byte, 2*n+1)...)
	}
	b := []byte{byte(container), 0, 1}
	if container == thrift.MAP {
		b = append(b, thrift.BYTE)
	}
	b = binary.BigEndian.AppendUint32(append(b, byte(t)), uint32(n))
	return append(b, make([]byte, 8*n+1)...)
}

// TestWhatSwellsIsRefusedBeforeItIsMade begins containers whose elements are tiny
// on the wire, and would be large in memory.
func TestWhatSwellsIsRefusedBeforeItIsMade(t *testing.T) {
	const n = 1 << 20
	for _, format := range []string{"binary", "compact"} {
		for name, tt := range map[string]struct {
			container, elem thrift.TType
			each            int64 // bytes of memory, at least
		}{
			"empty structs":          {thrift.LIST, thrift.STRUCT, 8 + 64},
			"empty lists":            {thrift.LIST, thrift.LIST, 24},
			"empty maps":             {thrift.LIST, thrift.MAP, 8},
			"empty strings":          {thrift.LIST, thrift.STRING, 16},
			"small numbers":          {thrift.LIST, thrift.I64, 8},
			"bools":                  {thrift.LIST, thrift.BOOL, 1},
			"a map of bytes":         {thrift.MAP, thrift.BYTE, 3},
			"a map of empty structs": {thrift.MAP, thrift.STRUCT, 1 + 8 + 64},
		} {
			t.Run(format+"/"+name, func(t *testing.T) {
				begin := func(m protocol.Memory) error {
					c := remembering(format, m)
					c.ResetBody(protocol.Message{}, swelling(format, tt.container, tt.elem, n), nil)
					if _, err := c.ReadStructBegin(t.Context()); err != nil {
						t.Fatal(err)
					}
					if _, _, _, err := c.ReadFieldBegin(t.Context()); err != nil {
						t.Fatal(err)
					}
					var err error
					if tt.container == thrift.MAP {
						_, _, _, err = c.ReadMapBegin(t.Context())
					} else {
						_, _, err = c.ReadListBegin(t.Context())
					}
					return err
				}
				if err := begin(protocol.Memory{Max: -1}); err != nil {
					t.Errorf("without a limit: %v", err)
				}
				if err := begin(protocol.Memory{Max: 6 * n * tt.each}); err != nil {
					t.Errorf("with enough: %v", err)
				}
				err := begin(protocol.Memory{Max: n*tt.each - 1})
				wantClass(t, err, thrift.SIZE_LIMIT)
				if err != nil && (!strings.Contains(err.Error(), "MaxDecoded") || !strings.Contains(err.Error(), fmt.Sprint(n*tt.each-1))) {
					t.Errorf("%v names no limit", err)
				}
				full := counter{limit: n*tt.each - 1}
				if grown := n * tt.each; grown > 4*int64(len(swelling(format, tt.container, tt.elem, n))) {
					if err := begin(protocol.Memory{Max: -1, Counter: &full}); !errors.Is(err, errFull) {
						t.Errorf("over the counter's limit: %v", err)
					}
					wantClass(t, begin(protocol.Memory{Max: -1, Counter: &full}), thrift.SIZE_LIMIT)
				}
				free := counter{limit: math.MaxInt64}
				if err := begin(protocol.Memory{Max: -1, Counter: &free}); err != nil || free.asked > 1 {
					t.Errorf("%v, asked %d times", err, free.asked)
				}
			})
		}
	}
}

// TestNestedContainersAddUp sums what no single count is too large for.
func TestNestedContainersAddUp(t *testing.T) {
	kids := make([]*tree.Tree, 2000)
	for i := range kids {
		kids[i] = &tree.Tree{Children: []*tree.Tree{{}, {}, {}}}
	}
	args := &tree.TreeApiDepthArgs{T: &tree.Tree{Children: kids}}
	size := protocol.StructSize(reflect.TypeFor[*tree.Tree]())
	most := (2000*4+1)*size + 2000*4*8
	for format := range bodyCodecs() {
		c := remembering(format, protocol.Memory{})
		c.ResetBody(protocol.Message{}, nil, nil)
		if err := args.Write(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		body := c.Out()
		read := func(max int64) error {
			c := remembering(format, protocol.Memory{Max: max, Struct: size})
			c.ResetBody(protocol.Message{}, body, nil)
			return new(tree.TreeApiDepthArgs).Read(t.Context(), c)
		}
		if err := read(most); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		wantClass(t, read(most-1), thrift.SIZE_LIMIT)
	}
}

// TestStringsCount reads strings of which none is long.
func TestStringsCount(t *testing.T) {
	args := &bar.BarApiIndexArgs{Words: make([]string, 1000)}
	for i := range args.Words {
		args.Words[i] = "0123456789"
	}
	for format := range bodyCodecs() {
		c := remembering(format, protocol.Memory{})
		c.ResetBody(protocol.Message{}, nil, nil)
		if err := args.Write(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		body := c.Out()
		for max, ok := range map[int64]bool{1000 * (16 + 16): true, 1000*(16+16) - 1: false} {
			c := remembering(format, protocol.Memory{Max: max})
			c.ResetBody(protocol.Message{}, body, nil)
			if err := new(bar.BarApiIndexArgs).Read(t.Context(), c); (err == nil) != ok {
				t.Errorf("%s, %d bytes: %v", format, max, err)
			}
		}
	}
}

// TestWhatIsSkippedIsNotCounted reads a struct with fields that it does not know.
func TestWhatIsSkippedIsNotCounted(t *testing.T) {
	for format := range bodyCodecs() {
		c := remembering(format, protocol.Memory{})
		c.ResetBody(protocol.Message{}, nil, nil)
		known := &tree.TreeApiDepthArgs{T: &tree.Tree{Children: make([]*tree.Tree, 1000)}}
		for i := range known.T.Children {
			known.T.Children[i] = &tree.Tree{V: int64(i), Children: []*tree.Tree{{}}}
		}
		if err := known.Write(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		body := c.Out()
		c = remembering(format, protocol.Memory{Max: 64})
		c.ResetBody(protocol.Message{}, body, nil)
		if err := new(bar.BarApiEchoArgs).Read(t.Context(), c); err != nil { // its field 1 is a string
			t.Errorf("%s: %v", format, err)
		}
	}
}

// TestSmallBodiesAskNobody shows when a counter is asked.
func TestSmallBodiesAskNobody(t *testing.T) {
	for _, tt := range []struct {
		words, asked int
	}{{10, 0}, {1000, 0}, {3000, 0}, {100_000, 0}} {
		for format := range bodyCodecs() {
			n := counter{limit: math.MaxInt64}
			c := remembering(format, protocol.Memory{Counter: &n})
			c.ResetBody(protocol.Message{}, nil, nil)
			args := &bar.BarApiIndexArgs{Words: make([]string, tt.words)}
			for i := range args.Words {
				args.Words[i] = "words of an ordinary length"
			}
			if err := args.Write(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			c.ResetBody(protocol.Message{}, c.Out(), nil)
			if err := new(bar.BarApiIndexArgs).Read(t.Context(), c); err != nil || n.asked != tt.asked {
				t.Errorf("%s, %d words: asked %d times, %v", format, tt.words, n.asked, err)
			}
		}
	}
}

// small has an optional number, which is memory of its own, and large holds itself.
type (
	small struct {
		A *int64
		B bool
	}
	large struct {
		Next  *large
		Other map[string][]*small
		Room  [100]byte
	}
)

func TestStructSize(t *testing.T) {
	for _, tt := range []struct {
		t    reflect.Type
		want int64
	}{
		{nil, 16},
		{reflect.TypeFor[string](), 16},
		{reflect.TypeFor[context.Context](), 16},
		{reflect.TypeFor[thrift.Tuuid](), 16},
		{reflect.TypeFor[map[string][]*small](), 32},
		{reflect.TypeFor[*large](), 144},
		{reflect.TypeFor[[]large](), 144},
	} {
		for range 2 {
			if got := protocol.StructSize(tt.t); got != tt.want && reflect.TypeFor[uintptr]().Size() == 8 || got < 16 {
				t.Errorf("%v: %d, want %d", tt.t, got, tt.want)
			}
		}
	}
	if got := protocol.StructSize(reflect.TypeFor[hbase.Hbase]()); got != 16 {
		t.Errorf("an interface has structs of %d", got)
	}
}
