package protocol

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/thrift/lib/go/thrift"
)

// ReadMessageBegin reads a header (Thrift compact protocol, message), or after ResetBody returns the
// one given there. At the end of the input its error wraps io.EOF.
func (p *Compact) ReadMessageBegin(ctx context.Context) (name string, typeID thrift.TMessageType, seqID int32, err error) {
	if p.outOfBand {
		return p.received.Name, p.received.Type, p.received.SeqID, nil
	}
	rest := p.in[p.pos:]
	if len(rest) > 0 && rest[0] != compactID {
		return "", 0, 0, exception(thrift.BAD_VERSION,
			fmt.Errorf("protocol: compact message begins with %02x at byte %d, want %02x", rest[0], p.pos, compactID))
	}
	if len(rest) < 2 {
		return "", 0, 0, p.short("compact message header", 2)
	}
	if v := rest[1] & 0x1f; v != compactVersion {
		return "", 0, 0, exception(thrift.BAD_VERSION,
			fmt.Errorf("protocol: compact message at byte %d has version %d, want %d", p.pos, v, compactVersion))
	}
	p.pos += 2
	// The sequence id is not in zigzag form, unlike all other numbers.
	if seqID, err = p.readVarint32("sequence id"); err != nil {
		return "", 0, 0, err
	}
	name, err = p.ReadString(ctx)
	return name, thrift.TMessageType(rest[1] >> 5), seqID, err
}

// ReadStructBegin reads nothing, begins to count field ids from 0, and counts a depth.
func (p *Compact) ReadStructBegin(context.Context) (string, error) {
	if err := p.depth.enter(p.pos); err != nil {
		return "", err
	}
	p.read.begin()
	return "", p.memory.beginStruct(p.pos)
}

// ReadStructEnd reads nothing, goes on with the outer struct's field ids and leaves the struct's depth.
// Without a struct it is an INVALID_DATA exception, and after ResetBody also if bytes are left behind
// the outermost struct.
func (p *Compact) ReadStructEnd(context.Context) error {
	p.depth.leave()
	err := p.read.end()
	if err == nil && p.depth.left == p.depth.limit && p.pos < len(p.in) {
		err = p.endBody()
	}
	return err
}

// ReadFieldBegin reads a field's type and id, or the end of the fields: type STOP, id 0. The value of
// a bool field is read with it and given to the next ReadBool.
func (p *Compact) ReadFieldBegin(ctx context.Context) (string, thrift.TType, int16, error) {
	if p.pos >= len(p.in) {
		return "", thrift.STOP, 0, p.short("field header", 1)
	}
	header := p.in[p.pos]
	p.pos++
	t, known := compactType(header)
	if known && t == thrift.STOP {
		return "", thrift.STOP, 0, nil
	}
	id := p.read.last + int16(header>>4)
	if header>>4 == 0 {
		var err error
		if id, err = p.ReadI16(ctx); err != nil {
			return "", thrift.STOP, 0, err
		}
	}
	if !known {
		return "", thrift.STOP, 0, p.unknownCode(header)
	}
	if t == thrift.BOOL {
		p.boolRead, p.readBool = true, header&0x0f == compactTrue
	}
	p.read.last = id
	return "", t, id, nil
}

// unknownCode is the error of a type's code that has no type. The runtime gives it no class of its own.
func (p *Compact) unknownCode(b byte) error {
	return exception(thrift.UNKNOWN_PROTOCOL_EXCEPTION,
		fmt.Errorf("protocol: unknown compact type %d before byte %d", b&0x0f, p.pos))
}

// ReadMapBegin reads the count and the types of a map, and counts a depth. The count is at most what
// the remaining bytes have room for. An empty map has no types: both are STOP.
func (p *Compact) ReadMapBegin(context.Context) (keyType, valueType thrift.TType, size int, err error) {
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
func (p *Compact) readMap() (keyType, valueType thrift.TType, size int, err error) {
	n, err := p.readVarint32("count of a map")
	if err != nil {
		return 0, 0, 0, err
	}
	if n != 0 {
		if p.pos >= len(p.in) {
			return 0, 0, 0, p.short("types of a map", 1)
		}
		// Codes without a type are not refused here, as in the runtime: the elements cannot be read.
		keyType, _ = compactType(p.in[p.pos] >> 4)
		valueType, _ = compactType(p.in[p.pos])
		p.pos++
	}
	if err := p.open("map", n, compactMinSize(keyType)+compactMinSize(valueType)); err != nil {
		return 0, 0, 0, err
	}
	return keyType, valueType, int(n), nil
}

// ReadListBegin reads the type and the count of a list, which is at most what the remaining bytes have
// room for, and counts a depth.
func (p *Compact) ReadListBegin(context.Context) (elemType thrift.TType, size int, err error) {
	return p.beginElems("list")
}

// ReadSetBegin reads the type and the count of a set, which is at most what the remaining bytes have
// room for, and counts a depth.
func (p *Compact) ReadSetBegin(context.Context) (elemType thrift.TType, size int, err error) {
	return p.beginElems("set")
}

// beginElems is readElems for a container whose elements are kept.
func (p *Compact) beginElems(what string) (elemType thrift.TType, size int, err error) {
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
func (p *Compact) readElems(what string) (thrift.TType, int, error) {
	if p.pos >= len(p.in) {
		return 0, 0, p.short("header of a "+what, 1)
	}
	header := p.in[p.pos]
	p.pos++
	n := int32(header >> 4)
	if n == 15 {
		var err error
		if n, err = p.readVarint32("count of a container"); err != nil {
			return 0, 0, err
		}
	}
	elemType, known := compactType(header)
	if !known {
		return 0, 0, p.unknownCode(header)
	}
	if err := p.open(what, n, compactMinSize(elemType)); err != nil {
		return 0, 0, err
	}
	return elemType, int(n), nil
}

// ReadBool returns the value that came with the field's header, or, outside a field, reads a byte: 1
// is true, all others are false, as in the runtime.
func (p *Compact) ReadBool(context.Context) (bool, error) {
	if p.boolRead {
		p.boolRead = false
		return p.readBool, nil
	}
	if p.pos >= len(p.in) {
		return false, p.short("bool", 1)
	}
	v := p.in[p.pos]
	p.pos++
	return v == compactTrue, nil
}

// ReadI16 reads a zigzag varint, of which the low 16 bits count.
func (p *Compact) ReadI16(ctx context.Context) (int16, error) {
	v, err := p.ReadI32(ctx)
	return int16(v), err
}

// ReadI32 reads a zigzag varint of 32 bits; higher ones are dropped.
func (p *Compact) ReadI32(context.Context) (int32, error) {
	v, err := p.readVarint("i32")
	u := uint32(v)
	return int32(u>>1) ^ -int32(u&1), err
}

// ReadI64 reads a zigzag varint.
func (p *Compact) ReadI64(context.Context) (int64, error) {
	v, err := p.readVarint("i64")
	return int64(v>>1) ^ -int64(v&1), err
}

// ReadDouble reads the 8 bytes of the IEEE 754 form, least significant first.
func (p *Compact) ReadDouble(context.Context) (float64, error) {
	rest := p.in[p.pos:]
	if len(rest) < 8 {
		return 0, p.short("double", 8)
	}
	p.pos += 8
	return math.Float64frombits(binary.LittleEndian.Uint64(rest)), nil
}

// ReadString reads a length and as many bytes, which it copies once. They may be invalid UTF-8.
func (p *Compact) ReadString(context.Context) (string, error) {
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
func (p *Compact) ReadBinary(context.Context) ([]byte, error) {
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
func (p *Compact) readSized(what string) ([]byte, error) {
	n, err := p.readVarint32("length")
	if err != nil {
		return nil, err
	}
	return p.take(what, n)
}
