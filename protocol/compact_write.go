package protocol

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/apache/thrift/lib/go/thrift"
)

// The first bytes of a message (Thrift compact protocol, message).
const (
	compactID      = 0x82
	compactVersion = 1
)

// WriteMessageBegin writes a header (Thrift compact protocol, message), or after ResetBody only
// records it.
func (p *Compact) WriteMessageBegin(ctx context.Context, name string, typeID thrift.TMessageType, seqID int32) error {
	if !p.record(Message{Name: name, Type: typeID, SeqID: seqID}) {
		return nil
	}
	p.out = append(p.out, compactID, byte(typeID)<<5|compactVersion)
	p.out = binary.AppendUvarint(p.out, uint64(uint32(seqID)))
	return p.WriteString(ctx, name)
}

// WriteStructBegin writes nothing and begins to count field ids from 0.
func (p *Compact) WriteStructBegin(context.Context, string) error {
	p.wrote.begin()
	return nil
}

// WriteStructEnd writes nothing and goes on with the outer struct's field ids. Without a struct it is
// an INVALID_DATA exception.
func (p *Compact) WriteStructEnd(context.Context) error { return p.wrote.end() }

// WriteFieldBegin writes a field's type and id; a bool's wait for the value.
func (p *Compact) WriteFieldBegin(_ context.Context, _ string, typeID thrift.TType, id int16) error {
	if typeID == thrift.BOOL {
		p.boolToWrite, p.boolToWriteID = true, id
		return nil
	}
	p.writeField(compactCode(typeID), id)
	return nil
}

// writeField writes a field's header, with the id as the distance from the one before where that is 1
// to 15.
func (p *Compact) writeField(code byte, id int16) {
	if delta := int(id) - int(p.wrote.last); delta > 0 && delta <= 15 {
		p.out = append(p.out, byte(delta)<<4|code)
	} else {
		p.out = append(p.out, code)
		p.out = binary.AppendVarint(p.out, int64(id))
	}
	p.wrote.last = id
}

// WriteMapBegin writes the count and the types of a map; an empty one has no types. A count over
// 2^31-1 is an error.
func (p *Compact) WriteMapBegin(_ context.Context, keyType, valueType thrift.TType, size int) error {
	if size == 0 {
		p.out = append(p.out, 0)
		return nil
	}
	if err := checkSize("map", size); err != nil {
		return err
	}
	p.out = binary.AppendUvarint(p.out, uint64(uint32(size)))
	p.out = append(p.out, compactCode(keyType)<<4|compactCode(valueType))
	return nil
}

// WriteListBegin writes the type and the count of a list. A count over 2^31-1 is an error.
func (p *Compact) WriteListBegin(_ context.Context, elemType thrift.TType, size int) error {
	return p.writeElems("list", elemType, size)
}

// WriteSetBegin writes the type and the count of a set. A count over 2^31-1 is an error.
func (p *Compact) WriteSetBegin(_ context.Context, elemType thrift.TType, size int) error {
	return p.writeElems("set", elemType, size)
}

func (p *Compact) writeElems(what string, elemType thrift.TType, size int) error {
	if size <= 14 {
		p.out = append(p.out, byte(size<<4)|compactCode(elemType))
		return nil
	}
	if err := checkSize(what, size); err != nil {
		return err
	}
	p.out = append(p.out, 0xf0|compactCode(elemType))
	p.out = binary.AppendUvarint(p.out, uint64(size))
	return nil
}

// WriteBool writes the header of the bool field that was begun, which is its value, or, outside a
// field, a byte.
func (p *Compact) WriteBool(_ context.Context, value bool) error {
	var code byte = compactFalse
	if value {
		code = compactTrue
	}
	if p.boolToWrite {
		p.boolToWrite = false
		p.writeField(code, p.boolToWriteID)
		return nil
	}
	p.out = append(p.out, code)
	return nil
}

// WriteI16 writes a zigzag varint.
func (p *Compact) WriteI16(_ context.Context, value int16) error {
	p.out = binary.AppendVarint(p.out, int64(value))
	return nil
}

// WriteI32 writes a zigzag varint.
func (p *Compact) WriteI32(_ context.Context, value int32) error {
	p.out = binary.AppendVarint(p.out, int64(value))
	return nil
}

// WriteI64 writes a zigzag varint.
func (p *Compact) WriteI64(_ context.Context, value int64) error {
	p.out = binary.AppendVarint(p.out, value)
	return nil
}

// WriteDouble writes the 8 bytes of the IEEE 754 form, least significant first.
func (p *Compact) WriteDouble(_ context.Context, value float64) error {
	p.out = binary.LittleEndian.AppendUint64(p.out, math.Float64bits(value))
	return nil
}

// WriteString writes the length in bytes and the bytes. A length over 2^31-1 is an error.
func (p *Compact) WriteString(_ context.Context, value string) error {
	if err := checkSize("string", len(value)); err != nil {
		return err
	}
	p.out = binary.AppendUvarint(p.out, uint64(len(value)))
	p.out = append(p.out, value...)
	return nil
}

// WriteBinary writes the length and the bytes, which it copies. A length over 2^31-1 is an error.
func (p *Compact) WriteBinary(_ context.Context, value []byte) error {
	if err := checkSize("binary", len(value)); err != nil {
		return err
	}
	p.out = binary.AppendUvarint(p.out, uint64(len(value)))
	p.out = append(p.out, value...)
	return nil
}
