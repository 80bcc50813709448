package protocol_test

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/apache/thrift/lib/go/thrift"
)

// value is any Thrift value as a tree, so that tests need no stubs. Read with readValue and written
// with write it makes the calls that generated code makes.
type value struct {
	Type   thrift.TType
	Bool   bool
	Int    int64 // byte, i16, i32, i64 and, as its bits, double
	Bytes  string
	UUID   thrift.Tuuid
	Key    thrift.TType // of a map
	Elem   thrift.TType // of a map's values, a list or a set
	Fields []field
	Elems  []value // of a map: key, value, key, value ...
}

type field struct {
	ID    int16
	Value value
}

// write writes v as generated code does.
func (v value) write(ctx context.Context, p thrift.TProtocol) error {
	switch v.Type {
	case thrift.BOOL:
		return p.WriteBool(ctx, v.Bool)
	case thrift.BYTE:
		return p.WriteByte(ctx, int8(v.Int))
	case thrift.I16:
		return p.WriteI16(ctx, int16(v.Int))
	case thrift.I32:
		return p.WriteI32(ctx, int32(v.Int))
	case thrift.I64:
		return p.WriteI64(ctx, v.Int)
	case thrift.DOUBLE:
		return p.WriteDouble(ctx, math.Float64frombits(uint64(v.Int)))
	case thrift.STRING:
		return p.WriteString(ctx, v.Bytes)
	case thrift.UUID:
		return p.WriteUUID(ctx, v.UUID)
	case thrift.STRUCT:
		return v.writeStruct(ctx, p)
	default:
		return v.writeContainer(ctx, p)
	}
}

func (v value) writeStruct(ctx context.Context, p thrift.TProtocol) error {
	err := p.WriteStructBegin(ctx, "")
	for _, f := range v.Fields {
		err = first(err, p.WriteFieldBegin(ctx, "", f.Value.Type, f.ID))
		err = first(err, f.Value.write(ctx, p))
		err = first(err, p.WriteFieldEnd(ctx))
	}
	return first(err, p.WriteFieldStop(ctx), p.WriteStructEnd(ctx))
}

func (v value) writeContainer(ctx context.Context, p thrift.TProtocol) error {
	var err, end error
	switch v.Type {
	case thrift.MAP:
		err = p.WriteMapBegin(ctx, v.Key, v.Elem, len(v.Elems)/2)
	case thrift.SET:
		err = p.WriteSetBegin(ctx, v.Elem, len(v.Elems))
	default:
		err = p.WriteListBegin(ctx, v.Elem, len(v.Elems))
	}
	for _, e := range v.Elems {
		err = first(err, e.write(ctx, p))
	}
	switch v.Type {
	case thrift.MAP:
		end = p.WriteMapEnd(ctx)
	case thrift.SET:
		end = p.WriteSetEnd(ctx)
	default:
		end = p.WriteListEnd(ctx)
	}
	return first(err, end)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// readValue reads a value of type t as generated code does, which skips types that it does not know.
func readValue(ctx context.Context, p thrift.TProtocol, t thrift.TType) (v value, err error) {
	v.Type = t
	switch t {
	case thrift.BOOL:
		v.Bool, err = p.ReadBool(ctx)
	case thrift.BYTE:
		var n int8
		n, err = p.ReadByte(ctx)
		v.Int = int64(n)
	case thrift.I16:
		var n int16
		n, err = p.ReadI16(ctx)
		v.Int = int64(n)
	case thrift.I32:
		var n int32
		n, err = p.ReadI32(ctx)
		v.Int = int64(n)
	case thrift.I64:
		v.Int, err = p.ReadI64(ctx)
	case thrift.DOUBLE:
		var n float64
		n, err = p.ReadDouble(ctx)
		v.Int = int64(math.Float64bits(n))
	case thrift.STRING:
		v.Bytes, err = p.ReadString(ctx)
	case thrift.UUID:
		v.UUID, err = p.ReadUUID(ctx)
	case thrift.STRUCT:
		v.Fields, err = readFields(ctx, p)
	case thrift.MAP, thrift.SET, thrift.LIST:
		err = v.readContainer(ctx, p)
	default:
		err = p.Skip(ctx, t)
	}
	return v, err
}

func readFields(ctx context.Context, p thrift.TProtocol) (fields []field, err error) {
	if _, err := p.ReadStructBegin(ctx); err != nil {
		return nil, err
	}
	for {
		_, t, id, err := p.ReadFieldBegin(ctx)
		if err != nil {
			return nil, err
		}
		if t == thrift.STOP {
			return fields, p.ReadStructEnd(ctx)
		}
		v, err := readValue(ctx, p, t)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{ID: id, Value: v})
		if err := p.ReadFieldEnd(ctx); err != nil {
			return nil, err
		}
	}
}

func (v *value) readContainer(ctx context.Context, p thrift.TProtocol) (err error) {
	var size int
	end := p.ReadListEnd
	switch v.Type {
	case thrift.MAP:
		v.Key, v.Elem, size, err = p.ReadMapBegin(ctx)
		end = p.ReadMapEnd
	case thrift.SET:
		v.Elem, size, err = p.ReadSetBegin(ctx)
		end = p.ReadSetEnd
	default:
		v.Elem, size, err = p.ReadListBegin(ctx)
	}
	if err != nil {
		return err
	}
	for range size {
		if v.Type == thrift.MAP {
			if err := v.readElem(ctx, p, v.Key); err != nil {
				return err
			}
		}
		if err := v.readElem(ctx, p, v.Elem); err != nil {
			return err
		}
	}
	return end(ctx)
}

func (v *value) readElem(ctx context.Context, p thrift.TProtocol, t thrift.TType) error {
	e, err := readValue(ctx, p, t)
	v.Elems = append(v.Elems, e)
	return err
}

var (
	scalarTypes = []thrift.TType{thrift.BOOL, thrift.BYTE, thrift.I16, thrift.I32, thrift.I64,
		thrift.DOUBLE, thrift.STRING, thrift.UUID}
	nestingTypes = []thrift.TType{thrift.STRUCT, thrift.MAP, thrift.SET, thrift.LIST}
	allTypes     = append(append([]thrift.TType{}, scalarTypes...), nestingTypes...)
)

// randomValue makes a value of type t that nests at most depth deep.
func randomValue(r *rand.Rand, t thrift.TType, depth int) value {
	v := value{Type: t}
	switch t {
	case thrift.BOOL:
		v.Bool = r.IntN(2) == 1
	case thrift.BYTE:
		v.Int = int64(int8(r.Uint64()))
	case thrift.I16:
		v.Int = int64(int16(r.Uint64() >> r.IntN(64)))
	case thrift.I32:
		v.Int = int64(int32(r.Uint64() >> r.IntN(64)))
	case thrift.I64, thrift.DOUBLE:
		v.Int = int64(r.Uint64() >> r.IntN(64))
	case thrift.STRING:
		v.Bytes = randomBytes(r)
	case thrift.UUID:
		for i := range v.UUID {
			v.UUID[i] = byte(r.Uint64())
		}
	case thrift.STRUCT:
		for range r.IntN(6) {
			v.Fields = append(v.Fields, field{ID: int16(r.Uint64() >> r.IntN(64)), Value: randomValue(r, randomType(r, depth-1), depth-1)})
		}
	default:
		v.fillRandomly(r, depth)
	}
	return v
}

func (v *value) fillRandomly(r *rand.Rand, depth int) {
	size := r.IntN(20)
	if size == 0 && v.Type == thrift.MAP {
		return // the compact protocol does not write an empty map's types
	}
	v.Elem = randomType(r, depth-1)
	if v.Type == thrift.MAP {
		v.Key = randomType(r, depth-1)
	}
	for range size {
		if v.Type == thrift.MAP {
			v.Elems = append(v.Elems, randomValue(r, v.Key, depth-1))
		}
		v.Elems = append(v.Elems, randomValue(r, v.Elem, depth-1))
	}
}

func randomType(r *rand.Rand, depth int) thrift.TType {
	if depth <= 0 {
		return scalarTypes[r.IntN(len(scalarTypes))]
	}
	return allTypes[r.IntN(len(allTypes))]
}

func randomBytes(r *rand.Rand) string {
	b := make([]byte, r.IntN(200)>>r.IntN(8))
	for i := range b {
		b[i] = byte(r.Uint64())
	}
	return string(b)
}
