package protocol

import (
	"context"

	"github.com/apache/thrift/lib/go/thrift"
)

// ReadByte reads one byte as a signed number.
func (b *buffer) ReadByte(context.Context) (int8, error) {
	if b.pos >= len(b.in) {
		return 0, b.short("byte", 1)
	}
	v := b.in[b.pos]
	b.pos++
	return int8(v), nil
}

// ReadUUID reads 16 bytes.
func (b *buffer) ReadUUID(context.Context) (thrift.Tuuid, error) {
	rest := b.in[b.pos:]
	if len(rest) < len(thrift.Tuuid{}) {
		return thrift.Tuuid{}, b.short("uuid", len(thrift.Tuuid{}))
	}
	b.pos += len(thrift.Tuuid{})
	return thrift.Tuuid(rest[:16]), nil
}

// WriteByte writes one byte.
func (b *buffer) WriteByte(_ context.Context, value int8) error {
	b.out = append(b.out, byte(value))
	return nil
}

// WriteUUID writes 16 bytes.
func (b *buffer) WriteUUID(_ context.Context, value thrift.Tuuid) error {
	b.out = append(b.out, value[:]...)
	return nil
}

// WriteFieldStop writes the end of a struct's fields.
func (b *buffer) WriteFieldStop(context.Context) error {
	b.out = append(b.out, thrift.STOP)
	return nil
}
