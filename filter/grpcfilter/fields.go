package grpcfilter

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// Field is a field of an encoded struct, which says its own id and type, but not
// its name.
type Field struct {
	ID   int16
	Type thrift.TType
	// Value is a bool, int8, int16, int32, int64 or float64, or a []byte for what
	// the IDL calls string or binary. It is nil for structs, maps, sets and lists.
	Value any
}

// Fields reads the fields of the struct as they come, without knowing the IDL. An
// error ends it.
func (e *encoded) Fields() iter.Seq2[Field, error] {
	return func(yield func(Field, error) bool) {
		c, err := newCodec(e.protocol, e.maxDepth, e.memory)
		if err != nil {
			yield(Field{}, err)
			return
		}
		c.ResetBody(protocol.Message{}, e.body, nil)
		ctx := context.Background()
		_, err = c.ReadStructBegin(ctx)
		for err == nil {
			var f Field
			if _, f.Type, f.ID, err = c.ReadFieldBegin(ctx); err != nil {
				break
			}
			if f.Type == thrift.STOP {
				err = c.ReadStructEnd(ctx)
				break
			}
			if f.Value, err = readValue(ctx, c, f.Type); err == nil {
				err = c.ReadFieldEnd(ctx)
			}
			if err == nil && !yield(f, nil) {
				return
			}
		}
		if err != nil {
			yield(Field{}, fmt.Errorf("grpcfilter: fields: %w", err))
		}
	}
}

// readValue reads a value that Field has, and skips others.
func readValue(ctx context.Context, p thrift.TProtocol, t thrift.TType) (any, error) {
	switch t {
	case thrift.BOOL:
		return p.ReadBool(ctx)
	case thrift.I08:
		return p.ReadByte(ctx)
	case thrift.I16:
		return p.ReadI16(ctx)
	case thrift.I32:
		return p.ReadI32(ctx)
	case thrift.I64:
		return p.ReadI64(ctx)
	case thrift.DOUBLE:
		return p.ReadDouble(ctx)
	case thrift.STRING:
		return p.ReadBinary(ctx)
	}
	return nil, p.Skip(ctx, t)
}
