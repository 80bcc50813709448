package protocol_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

// TestRandomValues writes random values with our codec and the runtime's protocol, which must give the
// same bytes, and reads them back with both.
func TestRandomValues(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for range 300 {
				v := randomValue(r, allTypes[r.IntN(len(allTypes))], 4)
				ours := encode(t, f, v)
				mem := thrift.NewTMemoryBuffer()
				if err := v.write(t.Context(), f.apache(mem)); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(ours, mem.Bytes()) {
					t.Fatalf("wrote %x, the runtime %x", ours, mem.Bytes())
				}
				p := f.codec(0)
				p.Reset(ours, nil)
				if got, err := readValue(t.Context(), p, v.Type); err != nil || !reflect.DeepEqual(got, v) {
					t.Fatalf("read %+v, %v, want %+v", got, err, v)
				}
				if len(p.Rest()) != 0 {
					t.Fatalf("%d bytes left by reading", len(p.Rest()))
				}
				p.Reset(ours, nil)
				if err := p.Skip(t.Context(), v.Type); err != nil || len(p.Rest()) != 0 {
					t.Fatalf("skipping: %v, %d bytes left", err, len(p.Rest()))
				}
			}
		})
	}
}

// TestCutRandomValues cuts random values at every byte: no cut may be read, skipped or panic.
func TestCutRandomValues(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			for range 30 {
				v := randomValue(r, thrift.STRUCT, 3)
				whole := encode(t, f, v)
				p := f.codec(0)
				for n := range min(len(whole), 400) {
					p.Reset(whole[:n:n], nil)
					if got, err := readValue(t.Context(), p, v.Type); err == nil {
						t.Fatalf("cut at %d of %x: read %+v", n, whole, got)
					}
					p.Reset(whole[:n:n], nil)
					if err := p.Skip(t.Context(), v.Type); err == nil {
						t.Fatalf("cut at %d of %x: skipped", n, whole)
					}
				}
			}
		})
	}
}

// TestValuesAreTheCallersOwn wants strings and bytes to outlive the input.
func TestValuesAreTheCallersOwn(t *testing.T) {
	for _, f := range formats {
		in := encode(t, f, value{Type: thrift.STRING, Bytes: "keep"})
		in = append(in, in...)
		p := f.codec(0)
		p.Reset(in, nil)
		s, err1 := p.ReadString(t.Context())
		b, err2 := p.ReadBinary(t.Context())
		if err := first(err1, err2); err != nil {
			t.Fatal(err)
		}
		clear(in)
		if s != "keep" || string(b) != "keep" || cap(b) != len(b) {
			t.Errorf("%s: %q and %q of capacity %d after the input is gone", f.name, s, b, cap(b))
		}
	}
}

func TestEmptyBinaryIsNotNil(t *testing.T) {
	for _, f := range formats {
		p := f.codec(0)
		p.Reset(encode(t, f, value{Type: thrift.STRING}), nil)
		if b, err := p.ReadBinary(t.Context()); b == nil || len(b) != 0 || err != nil {
			t.Errorf("%s: %v, %v", f.name, b, err)
		}
	}
}
