package wire

import (
	"math/rand/v2"
	"testing"
)

// TestFlatBinary compares the way for structs without levels with the one for all, on
// structs of random fields that are cut short, go on behind their end, or have a byte
// changed.
func TestFlatBinary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	flat := 0
	for range 200_000 {
		var b []byte
		for range r.IntN(4) {
			kind := []byte{2, 3, 4, 6, 8, 10, 11, 11, 16, 12, 15}[r.IntN(11)]
			b = append(b, kind, 0, byte(r.IntN(9)))
			switch kind {
			case 11:
				n := r.IntN(6)
				b = append(b, 0, 0, 0, byte(n))
				b = append(b, make([]byte, n)...)
			case 12:
				b = append(b, 0)
			case 15:
				b = append(b, 3, 0, 0, 0, 1, 7)
			default:
				b = append(b, make([]byte, binaryType(kind).fixed)...)
			}
		}
		b = append(b, 0)
		switch r.IntN(4) {
		case 0:
			b = b[:r.IntN(len(b)+1)]
		case 1:
			b = append(b, byte(r.IntN(256)))
		case 2:
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
		want := walkExact(Binary, b, Limits{})
		if got := ExactStruct(Binary, b, Limits{}); (got == nil) != (want == nil) {
			t.Fatalf("% x: ExactStruct says %v, want %v", b, got, want)
		}
		if n := flatBinary(b); n > 0 && n == len(b) {
			flat++
			if want != nil {
				t.Fatalf("% x: taken for a whole struct, want %v", b, want)
			}
		}
	}
	if flat < 10_000 {
		t.Errorf("%d structs were flat, want more than 10,000 to compare", flat)
	}
}
