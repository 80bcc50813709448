package protocol

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/thrift/lib/go/thrift"
)

// ReadMessageBegin reads a strict or an old header (Thrift binary protocol, message header), or after
// ResetBody returns the one given there. At the end of the input its error wraps io.EOF.
func (p *Binary) ReadMessageBegin(ctx context.Context) (name string, typeID thrift.TMessageType, seqID int32, err error) {
	if p.outOfBand {
		return p.received.Name, p.received.Type, p.received.SeqID, nil
	}
	word, err := p.ReadI32(ctx)
	if err != nil {
		return "", 0, 0, err
	}
	if word >= 0 {
		return p.readOldHeader(ctx, word)
	}
	if uint32(word)&thrift.VERSION_MASK != thrift.VERSION_1 {
		return "", 0, 0, exception(thrift.BAD_VERSION,
			fmt.Errorf("protocol: binary message begins with %08x at byte %d, want %08x", uint32(word), p.pos-4, uint32(thrift.VERSION_1)))
	}
	if name, err = p.ReadString(ctx); err != nil {
		return "", 0, 0, err
	}
	seqID, err = p.ReadI32(ctx)
	return name, thrift.TMessageType(word & 0xff), seqID, err
}

// readOldHeader reads a header without a version behind its first word, the length of the name.
func (p *Binary) readOldHeader(ctx context.Context, nameLen int32) (string, thrift.TMessageType, int32, error) {
	name, err := p.take("name", nameLen)
	if err != nil {
		return "", 0, 0, err
	}
	typeID, err := p.ReadByte(ctx)
	if err != nil {
		return "", 0, 0, err
	}
	seqID, err := p.ReadI32(ctx)
	return string(name), thrift.TMessageType(typeID), seqID, err
}

// ReadStructBegin reads nothing, and counts a depth.
func (p *Binary) ReadStructBegin(context.Context) (string, error) {
	if err := p.depth.enter(p.pos); err != nil {
		return "", err
	}
	return "", p.memory.beginStruct(p.pos)
}

// ReadStructEnd reads nothing and leaves the struct's depth. After ResetBody it is
// an INVALID_DATA exception if bytes are left behind the outermost struct.
func (p *Binary) ReadStructEnd(context.Context) error {
	p.depth.leave()
	if p.depth.left == p.depth.limit && p.pos < len(p.in) {
		return p.endBody()
	}
	return nil
}

// ReadFieldBegin reads a field's type and id, or the end of the fields: type STOP, id 0.
func (p *Binary) ReadFieldBegin(context.Context) (string, thrift.TType, int16, error) {
	rest := p.in[p.pos:]
	if len(rest) >= 3 && rest[0] != thrift.STOP {
		p.pos += 3
		return "", thrift.TType(rest[0]), int16(binary.BigEndian.Uint16(rest[1:])), nil
	}
	if len(rest) == 0 || rest[0] != thrift.STOP {
		return "", thrift.STOP, 0, p.short("field header", 3)
	}
	p.pos++
	return "", thrift.STOP, 0, nil
}

// ReadMapBegin reads the types and the count of a map, which is at most what the remaining bytes have
// room for, and counts a depth.
func (p *Binary) ReadMapBegin(context.Context) (keyType, valueType thrift.TType, size int, err error) {
	keyType, valueType, size, err = p.readMap()
	if err == nil {
		err = p.memory.beginMap(p.pos, keyType, valueType, size)
	}
	if err != nil {
		return 0, 0, 0, err
	}
	return keyType, valueType, size, nil
}

// readMap is ReadMapBegin for a map that may be skipped.
func (p *Binary) readMap() (keyType, valueType thrift.TType, size int, err error) {
	rest := p.in[p.pos:]
	if len(rest) < 6 {
		return 0, 0, 0, p.short("map header", 6)
	}
	keyType, valueType = thrift.TType(rest[0]), thrift.TType(rest[1])
	n := int32(binary.BigEndian.Uint32(rest[2:]))
	p.pos += 6
	if err := p.open("map", n, binaryMinSize(keyType)+binaryMinSize(valueType)); err != nil {
		return 0, 0, 0, err
	}
	return keyType, valueType, int(n), nil
}

// ReadListBegin reads the type and the count of a list, which is at most what the remaining bytes have
// room for, and counts a depth.
func (p *Binary) ReadListBegin(context.Context) (elemType thrift.TType, size int, err error) {
	return p.beginElems("list")
}

// ReadSetBegin reads the type and the count of a set, which is at most what the remaining bytes have
// room for, and counts a depth.
func (p *Binary) ReadSetBegin(context.Context) (elemType thrift.TType, size int, err error) {
	return p.beginElems("set")
}

// beginElems is readElems for a container whose elements are kept.
func (p *Binary) beginElems(what string) (elemType thrift.TType, size int, err error) {
	elemType, size, err = p.readElems(what)
	if err == nil {
		err = p.memory.beginElems(what, p.pos, elemType, size)
	}
	if err != nil {
		return 0, 0, err
	}
	return elemType, size, nil
}

// readElems begins a list or a set that may be skipped.
func (p *Binary) readElems(what string) (thrift.TType, int, error) {
	rest := p.in[p.pos:]
	if len(rest) < 5 {
		return 0, 0, p.short("header of a "+what, 5)
	}
	elemType := thrift.TType(rest[0])
	n := int32(binary.BigEndian.Uint32(rest[1:]))
	p.pos += 5
	if err := p.open(what, n, binaryMinSize(elemType)); err != nil {
		return 0, 0, err
	}
	return elemType, int(n), nil
}

// ReadBool reads a byte: 1 is true, all others are false, as in the runtime.
func (p *Binary) ReadBool(context.Context) (bool, error) {
	if p.pos >= len(p.in) {
		return false, p.short("bool", 1)
	}
	v := p.in[p.pos]
	p.pos++
	return v == 1, nil
}

// ReadI16 reads 2 bytes.
func (p *Binary) ReadI16(context.Context) (int16, error) {
	rest := p.in[p.pos:]
	if len(rest) < 2 {
		return 0, p.short("i16", 2)
	}
	p.pos += 2
	return int16(binary.BigEndian.Uint16(rest)), nil
}

// ReadI32 reads 4 bytes.
func (p *Binary) ReadI32(context.Context) (int32, error) {
	rest := p.in[p.pos:]
	if len(rest) < 4 {
		return 0, p.short("i32", 4)
	}
	p.pos += 4
	return int32(binary.BigEndian.Uint32(rest)), nil
}

// ReadI64 reads 8 bytes.
func (p *Binary) ReadI64(context.Context) (int64, error) {
	rest := p.in[p.pos:]
	if len(rest) < 8 {
		return 0, p.short("i64", 8)
	}
	p.pos += 8
	return int64(binary.BigEndian.Uint64(rest)), nil
}

// ReadDouble reads the 8 bytes of the IEEE 754 form.
func (p *Binary) ReadDouble(context.Context) (float64, error) {
	rest := p.in[p.pos:]
	if len(rest) < 8 {
		return 0, p.short("double", 8)
	}
	p.pos += 8
	return math.Float64frombits(binary.BigEndian.Uint64(rest)), nil
}

// ReadString reads a length and as many bytes, which it copies once. They may be invalid UTF-8.
func (p *Binary) ReadString(context.Context) (string, error) {
	v, err := p.readSized("string")
	if err != nil {
		return "", err
	}
	if p.memory.decoded += stringSize(len(v)); p.memory.decoded > p.memory.mark {
		if err := p.memory.look("string", p.pos); err != nil {
			return "", err
		}
	}
	return string(v), nil
}

// ReadBinary reads a length and as many bytes into a slice of that capacity, never nil, which is the
// caller's.
func (p *Binary) ReadBinary(context.Context) ([]byte, error) {
	v, err := p.readSized("binary")
	if err == nil {
		err = p.memory.beginString(p.pos, len(v))
	}
	if err != nil {
		return nil, err
	}
	own := make([]byte, len(v))
	copy(own, v)
	return own, nil
}

// readSized returns a view of the bytes behind a length.
func (p *Binary) readSized(what string) ([]byte, error) {
	rest := p.in[p.pos:]
	if len(rest) < 4 {
		return nil, p.short("length of a "+what, 4)
	}
	p.pos += 4
	return p.take(what, int32(binary.BigEndian.Uint32(rest)))
}
