package protocol

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/apache/thrift/lib/go/thrift"
)

// WriteMessageBegin writes a strict header (Thrift binary protocol, message header), or after
// ResetBody only records it.
func (p *Binary) WriteMessageBegin(ctx context.Context, name string, typeID thrift.TMessageType, seqID int32) error {
	if !p.record(Message{Name: name, Type: typeID, SeqID: seqID}) {
		return nil
	}
	p.out = binary.BigEndian.AppendUint32(p.out, thrift.VERSION_1|uint32(typeID))
	if err := p.WriteString(ctx, name); err != nil {
		return err
	}
	return p.WriteI32(ctx, seqID)
}

// WriteStructBegin writes nothing.
func (p *Binary) WriteStructBegin(context.Context, string) error { return nil }

// WriteStructEnd writes nothing.
func (p *Binary) WriteStructEnd(context.Context) error { return nil }

// WriteFieldBegin writes a field's type and id.
func (p *Binary) WriteFieldBegin(_ context.Context, _ string, typeID thrift.TType, id int16) error {
	p.out = append(p.out, byte(typeID), byte(id>>8), byte(id))
	return nil
}

// WriteMapBegin writes the types and the count of a map. A count over 2^31-1 is an error.
func (p *Binary) WriteMapBegin(_ context.Context, keyType, valueType thrift.TType, size int) error {
	if err := checkSize("map", size); err != nil {
		return err
	}
	p.out = append(p.out, byte(keyType), byte(valueType))
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(size))
	return nil
}

// WriteListBegin writes the type and the count of a list. A count over 2^31-1 is an error.
func (p *Binary) WriteListBegin(_ context.Context, elemType thrift.TType, size int) error {
	return p.writeElems("list", elemType, size)
}

// WriteSetBegin writes the type and the count of a set. A count over 2^31-1 is an error.
func (p *Binary) WriteSetBegin(_ context.Context, elemType thrift.TType, size int) error {
	return p.writeElems("set", elemType, size)
}

func (p *Binary) writeElems(what string, elemType thrift.TType, size int) error {
	if err := checkSize(what, size); err != nil {
		return err
	}
	p.out = append(p.out, byte(elemType), byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
	return nil
}

// WriteBool writes 1 or 0.
func (p *Binary) WriteBool(_ context.Context, value bool) error {
	var v byte
	if value {
		v = 1
	}
	p.out = append(p.out, v)
	return nil
}

// WriteI16 writes 2 bytes.
func (p *Binary) WriteI16(_ context.Context, value int16) error {
	p.out = binary.BigEndian.AppendUint16(p.out, uint16(value))
	return nil
}

// WriteI32 writes 4 bytes.
func (p *Binary) WriteI32(_ context.Context, value int32) error {
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(value))
	return nil
}

// WriteI64 writes 8 bytes.
func (p *Binary) WriteI64(_ context.Context, value int64) error {
	p.out = binary.BigEndian.AppendUint64(p.out, uint64(value))
	return nil
}

// WriteDouble writes the 8 bytes of the IEEE 754 form.
func (p *Binary) WriteDouble(_ context.Context, value float64) error {
	p.out = binary.BigEndian.AppendUint64(p.out, math.Float64bits(value))
	return nil
}

// WriteString writes the length in bytes and the bytes. A length over 2^31-1 is an error.
func (p *Binary) WriteString(_ context.Context, value string) error {
	if err := checkSize("string", len(value)); err != nil {
		return err
	}
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(len(value)))
	p.out = append(p.out, value...)
	return nil
}

// WriteBinary writes the length and the bytes, which it copies. A length over 2^31-1 is an error.
func (p *Binary) WriteBinary(_ context.Context, value []byte) error {
	if err := checkSize("binary", len(value)); err != nil {
		return err
	}
	p.out = binary.BigEndian.AppendUint32(p.out, uint32(len(value)))
	p.out = append(p.out, value...)
	return nil
}
