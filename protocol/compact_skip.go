package protocol

import (
	"context"

	"github.com/apache/thrift/lib/go/thrift"
)

// Skip reads a value of type t and forgets it. An unknown type is an INVALID_DATA exception.
func (p *Compact) Skip(ctx context.Context, t thrift.TType) error {
	var err error
	switch t {
	case thrift.BOOL:
		_, err = p.ReadBool(ctx)
	case thrift.BYTE, thrift.DOUBLE, thrift.UUID:
		err = p.skipBytes(compactFixedSize(t))
	case thrift.I16, thrift.I32, thrift.I64:
		_, err = p.readVarint("skipped number")
	case thrift.STRING:
		_, err = p.readSized("string")
	case thrift.STRUCT:
		err = p.skipStruct(ctx)
	case thrift.MAP:
		err = p.skipMap(ctx)
	case thrift.LIST, thrift.SET:
		err = p.skipElems(ctx)
	default:
		err = unknownType(p.pos, t)
	}
	return err
}

func (p *Compact) skipBytes(n int) error {
	if len(p.in)-p.pos < n {
		return p.short("skipped value", n)
	}
	p.pos += n
	return nil
}

func (p *Compact) skipStruct(ctx context.Context) error {
	if err := p.depth.enter(p.pos); err != nil {
		return err
	}
	p.read.begin()
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

func (p *Compact) skipMap(ctx context.Context) error {
	keyType, valueType, size, err := p.readMap()
	if err != nil {
		return err
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

func (p *Compact) skipElems(ctx context.Context) error {
	elemType, size, err := p.readElems("list or set")
	if err != nil {
		return err
	}
	if n := compactFixedSize(elemType); n > 0 {
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
