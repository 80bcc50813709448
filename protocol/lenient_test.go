package protocol_test

import (
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

// TestBoolsOfAnyByte wants what the runtime makes of bytes that no runtime writes: only 1 is true.
func TestBoolsOfAnyByte(t *testing.T) {
	for _, f := range formats {
		for b := range 256 {
			in := []byte{byte(b)}
			p := f.codec(0)
			p.Reset(in, nil)
			got, err := p.ReadBool(t.Context())
			apache, _ := f.apacheReader(in)
			want, _ := apache.ReadBool(t.Context())
			if got != want || got != (b == 1) || err != nil {
				t.Errorf("%s, byte %d: %v, %v, the runtime %v", f.name, b, got, err, want)
			}
		}
	}
}

// TestMessageTypesOfAnyByte wants types that do not exist to be read as they stand, for the caller to
// refuse.
func TestMessageTypesOfAnyByte(t *testing.T) {
	for b := range 256 {
		for _, tt := range []struct {
			f  format
			in []byte
		}{
			{binaryFormat, []byte{0x80, 1, 0, byte(b), 0, 0, 0, 0, 0, 0, 0, 5}},
			{binaryFormat, []byte{0, 0, 0, 0, byte(b), 0, 0, 0, 5}},
			{compactFormat, []byte{0x82, byte(b)&0xe0 | 1, 5, 0}},
		} {
			p := tt.f.codec(0)
			p.Reset(tt.in, nil)
			_, got, seqID, err := p.ReadMessageBegin(t.Context())
			apache, _ := tt.f.apacheReader(tt.in)
			_, want, _, _ := apache.ReadMessageBegin(t.Context())
			if got != want || seqID != 5 || err != nil {
				t.Errorf("%x: type %d, seqid %d, %v, the runtime's type %d", tt.in, got, seqID, err, want)
			}
		}
	}
}

// TestVarintsOfAnyLength wants 64 bits from ten bytes, and 32 or 16 of them where the type has no more.
func TestVarintsOfAnyLength(t *testing.T) {
	for n := range 12 {
		for _, last := range []byte{0x00, 0x01, 0x7f, 0xff} {
			in := make([]byte, n, n+1)
			for i := range in {
				in[i] = 0x80 | byte(i*37)
			}
			in = append(in, last)
			for _, typ := range []thrift.TType{thrift.I16, thrift.I32, thrift.I64} {
				p := compactFormat.codec(0)
				p.Reset(in, nil)
				got, err := readValue(t.Context(), p, typ)
				apache, rest := compactFormat.apacheReader(in)
				want, wantErr := readValue(t.Context(), apache, typ)
				if class(err) != class(wantErr) || err == nil && (got.Int != want.Int || len(p.Rest()) != rest.Len()) {
					t.Errorf("%x as %v: %d, %v, the runtime %d, %v", in, typ, got.Int, err, want.Int, wantErr)
				}
			}
		}
	}
}
