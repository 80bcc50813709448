package theader

import (
	"encoding/binary"
	"math"
)

// Info block ids ("THeader format, info headers"). An unknown id cannot be
// skipped, as its length is not known: reading stops there.
const (
	infoPadding = 0
	infoPairs   = 1
	// Newer runtimes send pairs under this id that they mean for all later frames
	// of the connection. They are read as pairs of the frame they stand in.
	infoPersistentPairs = 2
)

// Info are the key-values of a header, kept as the bytes they came in. It is
// valid as long as the frame it was parsed from. The zero value is empty.
type Info struct {
	blocks []byte
	pairs  int
}

// Len is the count of pairs, a repeated key counted each time.
func (i *Info) Len() int { return i.pairs }

// All calls yield with each pair in the order of the wire until it returns
// false. The bytes are views of the frame. It allocates nothing:
//
//	for key, value := range h.Info.All { ... }
func (i *Info) All(yield func(key, value []byte) bool) {
	r := infoReader{b: i.blocks}
	for {
		key, value, ok, err := r.next()
		if err != nil || !ok || !yield(key, value) {
			return
		}
	}
}

// parseInfo checks the info blocks at the end of a header. base is the offset of
// b in the frame, for errors.
func parseInfo(b []byte, base, maxPairs int) (Info, error) {
	r := infoReader{b: b, base: base}
	pairs := 0
	for {
		_, _, ok, err := r.next()
		if err != nil {
			return Info{}, err
		}
		if !ok {
			return Info{blocks: b[:r.end:r.end], pairs: pairs}, nil
		}
		// The block's whole count is held against the limit at its first pair, so
		// that a huge one fails without a walk through it.
		if seen := pairs + 1 + r.left; seen > maxPairs {
			return Info{}, overLimit("key-values", r.base+r.pos, seen, maxPairs)
		}
		pairs++
	}
}

// infoReader walks over info blocks.
type infoReader struct {
	b    []byte
	base int
	pos  int
	left int // pairs still to come in this block
	end  int // where the last whole block ended
}

// next gives the next pair; ok is false at the end, at the padding and at an
// unknown block.
func (r *infoReader) next() (key, value []byte, ok bool, err error) {
	for r.left == 0 {
		r.end = r.pos
		if ok, err = r.block(); !ok || err != nil {
			return nil, nil, false, err
		}
	}
	r.left--
	if key, err = r.bytes("key"); err != nil {
		return nil, nil, false, err
	}
	if value, err = r.bytes("value"); err != nil {
		return nil, nil, false, err
	}
	return key, value, true, nil
}

// block reads a block's id and count.
func (r *infoReader) block() (ok bool, err error) {
	if r.pos == len(r.b) {
		return false, nil
	}
	id, err := r.uvarint("info id")
	if err != nil || (id != infoPairs && id != infoPersistentPairs) {
		return false, err
	}
	at := r.pos
	n, err := r.uvarint("count of key-values")
	if err != nil {
		return false, err
	}
	// A pair takes two bytes at least, so a larger count is a lie.
	if room := (len(r.b) - r.pos) / 2; n > uint64(room) {
		return false, malformed(r.base+at, int(n), "count of key-values %d in %d bytes", n, len(r.b)-r.pos)
	}
	r.left = int(n)
	return true, nil
}

func (r *infoReader) bytes(what string) ([]byte, error) {
	at := r.pos
	n, err := r.uvarint(what)
	if err != nil {
		return nil, err
	}
	if room := len(r.b) - r.pos; n > uint64(room) {
		return nil, malformed(r.base+at, int(n), "%s of %d bytes with %d left", what, n, room)
	}
	v := r.b[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return v, nil
}

// uvarint reads a varint of at most 31 bits: every number of a header is a count,
// a length or an id.
func (r *infoReader) uvarint(what string) (uint64, error) {
	if r.pos < len(r.b) && r.b[r.pos] < 0x80 {
		r.pos++
		return uint64(r.b[r.pos-1]), nil // as nearly all are
	}
	v, n := binary.Uvarint(r.b[r.pos:])
	if n == 0 {
		return 0, truncated(what, r.base+r.pos)
	}
	if n < 0 || v > math.MaxInt32 {
		return 0, malformed(r.base+r.pos, 0, "%s over 31 bits", what)
	}
	r.pos += n
	return v, nil
}
