package protocol_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

// The fuzz targets run one program of calls on our codec and on the runtime's protocol. Each byte of
// the program is a call; input is what they read, and where the values to write come from.

func FuzzBinaryDifferential(f *testing.F)  { fuzzDifferential(f, binaryFormat) }
func FuzzCompactDifferential(f *testing.F) { fuzzDifferential(f, compactFormat) }

// Programs of one call each, for seeds.
var (
	programMessage = []byte{opReadMessage, opSkip + byte(thrift.STRUCT)}
	programStub    = []byte{opReadMessage, opReadValue + byte(thrift.STRUCT)}
)

func fuzzDifferential(f *testing.F, format format) {
	for _, v := range loadVectors(f) {
		if v.format().name == format.name {
			f.Add(programMessage, v.bytes(f))
			f.Add(programStub, v.bytes(f))
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		v := randomValue(r, thrift.STRUCT, 3)
		in := encode(f, format, v)
		f.Add([]byte{opReadValue + byte(thrift.STRUCT)}, in)
		f.Add([]byte{opSkip + byte(thrift.STRUCT)}, in)
	}
	for _, types := range chains {
		v := nested(40, types...)
		f.Add([]byte{opReadValue + byte(v.Type)}, encode(f, format, v))
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	f.Add(every, bytes.Repeat(every, 4))
	f.Fuzz(func(t *testing.T, program, input []byte) {
		compareReads(t, format, program, input)
		compareWrites(t, format, program, input)
	})
}

// Calls of a program: a kind in the high bits, a type in the low ones for some.
const (
	opReadValue   = 0x20 // + type, as a stub reads it
	opSkip        = 0x40 // + type
	opCall        = 0x60 // + one of readCalls or writeCalls
	opReadMessage = 0x80
)

// results collects what a call returns.
type results []any

func call1[A any](a A, err error) (results, error)         { return results{a}, err }
func call2[A, B any](a A, b B, err error) (results, error) { return results{a, b}, err }
func call3[A, B, C any](a A, b B, c C, err error) (results, error) {
	return results{a, b, c}, err
}
func call0(err error) (results, error) { return nil, err }

// read runs one call of a program on p.
func read(t *testing.T, p thrift.TProtocol, op byte) (results, error) {
	ctx, arg := t.Context(), op&0x1f
	switch op & 0xe0 {
	case opReadValue:
		return call1(readValue(ctx, p, thrift.TType(arg)))
	case opSkip:
		return call0(p.Skip(ctx, thrift.TType(arg)))
	case opCall:
		return readCall(t, p, arg)
	default:
		return call3(p.ReadMessageBegin(ctx))
	}
}

func readCall(t *testing.T, p thrift.TProtocol, n byte) (results, error) {
	ctx := t.Context()
	switch n {
	case 0:
		return call1(p.ReadStructBegin(ctx))
	case 1:
		return call0(p.ReadStructEnd(ctx))
	case 2:
		return call3(p.ReadFieldBegin(ctx))
	case 3:
		return call3(p.ReadMapBegin(ctx))
	case 4:
		return call2(p.ReadListBegin(ctx))
	case 5:
		return call2(p.ReadSetBegin(ctx))
	case 6:
		return call0(first(p.ReadMessageEnd(ctx), p.ReadFieldEnd(ctx), p.ReadMapEnd(ctx), p.ReadListEnd(ctx), p.ReadSetEnd(ctx)))
	case 7:
		b, err := p.ReadBinary(ctx)
		return results{string(b), b == nil}, err
	default:
		return call1(readValue(ctx, p, allTypes[int(n)%len(allTypes)]))
	}
}

func compareReads(t *testing.T, f format, program, input []byte) {
	p := f.codec(-1)
	p.Reset(input, nil)
	apache, rest := f.apacheReader(input)
	whole := true // only whole values so far, as stubs read them
	for i, op := range program {
		got, err := read(t, p, op)
		want, wantErr := read(t, apache, op)
		whole = whole && op&0xe0 != opCall
		if err != nil && strings.Contains(err.Error(), "and those before it") {
			// The runtime has no bound for the sum of counts, and finds the end of the input later.
			if whole && wantErr == nil {
				t.Fatalf("call %d (%02x): error %v, the runtime reads %+v", i, op, err, want)
			}
			return
		}
		if e, ok := wantErr.(thrift.TProtocolException); ok && e.TypeId() == thrift.DEPTH_LIMIT {
			return // the runtime has another limit, for skipping only
		}
		if class(err) != class(wantErr) {
			t.Fatalf("call %d (%02x): error %v (%s), the runtime's %v (%s)", i, op, err, class(err), wantErr, class(wantErr))
		}
		if err != nil {
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("call %d (%02x): %+v, the runtime %+v", i, op, got, want)
		}
		if len(p.Rest()) != rest.Len() {
			t.Fatalf("call %d (%02x): %d bytes left, the runtime %d", i, op, len(p.Rest()), rest.Len())
		}
	}
}

func compareWrites(t *testing.T, f format, program, input []byte) {
	p := f.codec(0)
	p.Reset(nil, nil)
	mem := thrift.NewTMemoryBuffer()
	apache := f.apache(mem)
	for i, op := range program {
		if len(input) == 0 {
			input = []byte{0}
		}
		err := write(t, p, op, input)
		wantErr := write(t, apache, op, input)
		if class(err) != class(wantErr) {
			t.Fatalf("call %d (%02x): error %v, the runtime's %v", i, op, err, wantErr)
		}
		input = input[1:]
	}
	if !bytes.Equal(p.Out(), mem.Bytes()) {
		t.Fatalf("wrote %x, the runtime %x", p.Out(), mem.Bytes())
	}
}

// write runs one call of a program on p with values taken from input.
func write(t *testing.T, p thrift.TProtocol, op byte, input []byte) error {
	ctx := t.Context()
	var wide [24]byte
	copy(wide[:], input)
	num := binary.BigEndian.Uint64(wide[:]) >> (op & 0x38)
	text := string(input[:min(len(input), int(input[0]))])
	a, b := thrift.TType(wide[1]%20), thrift.TType(wide[2]%20)
	switch op % 20 {
	case 0:
		return p.WriteMessageBegin(ctx, text, thrift.TMessageType(wide[0]%8), int32(num))
	case 1:
		return p.WriteStructBegin(ctx, text)
	case 2:
		return p.WriteStructEnd(ctx)
	case 3:
		return p.WriteFieldBegin(ctx, text, a, int16(num))
	case 4:
		return p.WriteFieldStop(ctx)
	case 5:
		return p.WriteMapBegin(ctx, a, b, int(int32(num)))
	case 6:
		return p.WriteListBegin(ctx, a, int(int32(num)))
	case 7:
		return p.WriteSetBegin(ctx, a, int(int32(num)))
	case 8:
		return p.WriteBool(ctx, num%2 == 1)
	case 9:
		return p.WriteByte(ctx, int8(num))
	case 10:
		return p.WriteI16(ctx, int16(num))
	case 11:
		return p.WriteI32(ctx, int32(num))
	case 12:
		return p.WriteI64(ctx, int64(num))
	case 13:
		return p.WriteDouble(ctx, math.Float64frombits(num))
	case 14:
		return p.WriteString(ctx, text)
	case 15:
		return p.WriteBinary(ctx, []byte(text))
	case 16:
		return p.WriteUUID(ctx, thrift.Tuuid(wide[:16]))
	case 17:
		return first(p.WriteMessageEnd(ctx), p.WriteFieldEnd(ctx), p.WriteMapEnd(ctx), p.WriteListEnd(ctx), p.WriteSetEnd(ctx))
	default:
		return randomValue(rand.New(rand.NewPCG(num, 0)), thrift.STRUCT, 2).write(ctx, p)
	}
}
