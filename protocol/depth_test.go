package protocol_test

import (
	"context"
	"math"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

// nested is a chain of depth values, each the only element of the one around it, of the types in
// turn. The innermost is empty.
func nested(depth int, types ...thrift.TType) value {
	t := types[depth%len(types)]
	v := value{Type: t, Elem: thrift.BYTE, Key: thrift.BYTE}
	if depth == 1 {
		return v
	}
	inner := nested(depth-1, types...)
	v.Elem = inner.Type
	switch t {
	case thrift.STRUCT:
		v.Fields = []field{{ID: 1, Value: inner}}
	case thrift.MAP:
		v.Elems = []value{{Type: thrift.BYTE}, inner}
	default:
		v.Elems = []value{inner}
	}
	return v
}

var chains = map[string][]thrift.TType{
	"structs": {thrift.STRUCT},
	"lists":   {thrift.LIST},
	"sets":    {thrift.SET},
	"maps":    {thrift.MAP},
	"all":     nestingTypes,
}

func TestDepthIsLimitedForStructsAndContainers(t *testing.T) {
	ways := map[string]func(context.Context, codec, thrift.TType) error{
		"read": func(ctx context.Context, p codec, t thrift.TType) error {
			_, err := readValue(ctx, p, t)
			return err
		},
		"skip": func(ctx context.Context, p codec, t thrift.TType) error { return p.Skip(ctx, t) },
	}
	for _, f := range formats {
		for chain, types := range chains {
			for way, read := range ways {
				t.Run(f.name+"/"+chain+"/"+way, func(t *testing.T) {
					for _, limits := range []struct{ field, limit int }{{0, 64}, {1, 1}, {5, 5}, {1000, 1000}} {
						at, over := nested(limits.limit, types...), nested(limits.limit+1, types...)
						p := f.codec(limits.field)
						p.Reset(encode(t, f, at), nil)
						if err := read(t.Context(), p, at.Type); err != nil {
							t.Errorf("MaxDepth %d: %v at the limit", limits.field, err)
						}
						p.Reset(encode(t, f, over), nil)
						wantClass(t, read(t.Context(), p, over.Type), thrift.DEPTH_LIMIT)
						// The depth of an abandoned message is not the next one's.
						p.Reset(encode(t, f, at), nil)
						if err := read(t.Context(), p, at.Type); err != nil {
							t.Errorf("MaxDepth %d: %v after a reset", limits.field, err)
						}
					}
				})
			}
		}
	}
}

func TestNegativeMaxDepthIsNoLimit(t *testing.T) {
	for _, f := range formats {
		v := nested(5000, nestingTypes...)
		p := f.codec(-1)
		p.Reset(encode(t, f, v), nil)
		if err := p.Skip(t.Context(), v.Type); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
}

// TestSiblingsDoNotAddUp wants an end to give back its begin's depth.
func TestSiblingsDoNotAddUp(t *testing.T) {
	for _, f := range formats {
		for _, inner := range nestingTypes {
			v := value{Type: thrift.LIST, Elem: inner}
			for range 200 {
				v.Elems = append(v.Elems, nested(1, inner))
			}
			p := f.codec(2)
			p.Reset(encode(t, f, v), nil)
			if _, err := readValue(t.Context(), p, thrift.LIST); err != nil {
				t.Errorf("%s, %v read: %v", f.name, inner, err)
			}
			p.Reset(encode(t, f, v), nil)
			if err := p.Skip(t.Context(), thrift.LIST); err != nil {
				t.Errorf("%s, %v skipped: %v", f.name, inner, err)
			}
		}
	}
}

// TestEndsWithoutBeginsGiveNoRoom wants unbalanced ends to leave the limit where it is.
func TestEndsWithoutBeginsGiveNoRoom(t *testing.T) {
	for _, f := range formats {
		over := nested(4, thrift.LIST)
		p := f.codec(3)
		p.Reset(encode(t, f, over), nil)
		for range math.MaxInt8 {
			if err := p.ReadListEnd(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		wantClass(t, p.Skip(t.Context(), thrift.LIST), thrift.DEPTH_LIMIT)
	}
}

// encode writes v with our codec.
func encode(t testing.TB, f format, v value) []byte {
	t.Helper()
	p := f.codec(0)
	p.Reset(nil, nil)
	if err := v.write(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return p.Out()
}
