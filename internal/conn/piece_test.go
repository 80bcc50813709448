package conn

import (
	"strings"
	"testing"
)

// piece appends text to b and makes it a piece, which takes one of the caller's holds.
func piece(b *Buffer, text string) *Piece {
	from := len(b.B)
	b.B = append(b.B, text...)
	p := new(Piece)
	p.Set(b, from)
	return p
}

// TestPiecesJoinOnlySideBySide: pieces of one buffer join in the order in which they
// stand, and never over a gap or from another buffer.
func TestPiecesJoinOnlySideBySide(t *testing.T) {
	settled(t)
	b, other := Take(100), Take(100)
	b.Hold(3)
	one, two, three := piece(b, "one "), piece(b, "two "), piece(b, "three")
	alien := piece(other, "alien")

	var all Pieces
	for i, tt := range []struct {
		p    *Piece
		join bool
		want string
	}{
		{one, true, "one "}, {three, false, "one "}, {alien, false, "one "}, {two, true, "one two "}, {three, true, "one two three"},
	} {
		if got := all.Join(tt.p); got != tt.join || string(all.Bytes()) != tt.want {
			t.Errorf("%d: joined %v, %q, want %v, %q", i, got, all.Bytes(), tt.join, tt.want)
		}
		if empty := len(tt.p.Bytes()) == 0; empty != tt.join {
			t.Errorf("%d: the piece is empty: %v", i, empty)
		}
	}
	all.Release()
	if n := b.holders.Load(); n != 1 || len(all.Bytes()) != 0 {
		t.Errorf("%d holders are left, and %q", n, all.Bytes())
	}
	if alien.Release(); len(alien.Bytes()) != 0 {
		t.Errorf("%q is left", alien.Bytes())
	}
	b.Release()
}

// TestReleaseOfSeveralHolds gives the buffer back with the last of them.
func TestReleaseOfSeveralHolds(t *testing.T) {
	before := Outstanding()
	b := Take(100)
	b.Hold(4)
	b.B = append(b.B, strings.Repeat("x", 100)...)
	b.ReleaseN(2)
	if Outstanding() != before+1 || len(b.B) != 100 {
		t.Errorf("%d outstanding, %d bytes", Outstanding()-before, len(b.B))
	}
	b.ReleaseN(3)
	if Outstanding() != before {
		t.Errorf("%d outstanding", Outstanding()-before)
	}
	(*Buffer)(nil).ReleaseN(0)
	if b := Take(100); len(b.B) != 0 || b.holders.Load() != 1 {
		t.Errorf("a new buffer has %d bytes and %d holders", len(b.B), b.holders.Load())
	} else {
		b.Release()
	}
}
