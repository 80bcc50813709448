package protocol

import (
	"context"

	"github.com/apache/thrift/lib/go/thrift"
)

// Skip reads a value of type t and forgets it. An unknown type is an INVALID_DATA exception.
func (p *Binary) Skip(ctx context.Context, t thrift.TType) error {
	if n := binaryFixedSize(t); n > 0 {
		if len(p.in)-p.pos < n {
			return p.short("skipped value", n)
		}
		p.pos += n
		return nil
	}
	switch t {
	case thrift.STRING:
		_, err := p.readSized("string")
		return err
	case thrift.STRUCT:
		return p.skipStruct(ctx)
	case thrift.MAP:
		return p.skipMap(ctx)
	case thrift.LIST, thrift.SET:
		return p.skipElems(ctx)
	default:
		return unknownType(p.pos, t)
	}
}

func (p *Binary) skipStruct(ctx context.Context) error {
	if err := p.depth.enter(p.pos); err != nil {
		return err
	}
	for {
		_, t, _, err := p.ReadFieldBegin(ctx)
		if err != nil {
			return err
		}
		if t == thrift.STOP {
			return p.ReadStructEnd(ctx)
		}
		if err := p.Skip(ctx, t); err != nil {
			return err
		}
	}
}

func (p *Binary) skipMap(ctx context.Context) error {
	keyType, valueType, size, err := p.readMap()
	if err != nil {
		return err
	}
	key, value := binaryFixedSize(keyType), binaryFixedSize(valueType)
	if key > 0 && value > 0 {
		// The count was checked against these very sizes.
		p.pos += size * (key + value)
		return p.ReadMapEnd(ctx)
	}
	for range size {
		if err := p.Skip(ctx, keyType); err != nil {
			return err
		}
		if err := p.Skip(ctx, valueType); err != nil {
			return err
		}
	}
	return p.ReadMapEnd(ctx)
}

func (p *Binary) skipElems(ctx context.Context) error {
	elemType, size, err := p.readElems("list or set")
	if err != nil {
		return err
	}
	if n := binaryFixedSize(elemType); n > 0 {
		// The count was checked against this very size.
		p.pos += size * n
		return p.ReadListEnd(ctx)
	}
	for range size {
		if err := p.Skip(ctx, elemType); err != nil {
			return err
		}
	}
	return p.ReadListEnd(ctx)
}

// binaryFixedSize is the size in bytes of every value of type t, or 0 where sizes differ.
func binaryFixedSize(t thrift.TType) int {
	switch t {
	case thrift.BOOL, thrift.BYTE:
		return 1
	case thrift.I16:
		return 2
	case thrift.I32:
		return 4
	case thrift.I64, thrift.DOUBLE:
		return 8
	case thrift.UUID:
		return 16
	default:
		return 0
	}
}

// binaryMinSize is the least number of bytes of a value of type t. For containers it is the runtime's
// figure, the size of their count, so that both refuse the same counts.
func binaryMinSize(t thrift.TType) int {
	switch t {
	case thrift.STRING, thrift.MAP, thrift.SET, thrift.LIST:
		return 4
	default:
		return max(binaryFixedSize(t), 1)
	}
}
