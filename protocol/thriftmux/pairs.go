package thriftmux

import "encoding/binary"

// MaxField is the largest size in bytes of a key or a value, and the largest
// count of pairs: Finagle reads the 2 bytes before them as signed.
const MaxField = 1<<15 - 1

// Pairs are keys with values, encoded as (key~2 value~2)*: the contexts of a call
// and of its answer, the naming overrides (from, to), the application's headers. What
// was parsed is a view; the zero value is empty and can be added to.
type Pairs struct {
	b []byte
	n int
}

// PairsOn returns empty Pairs that AddPair lays down in scratch as long as it has
// room; its content is lost.
func PairsOn(scratch []byte) Pairs { return Pairs{b: scratch[:0]} }

// Len is the count of pairs.
func (p *Pairs) Len() int { return p.n }

// Bytes are the encoded pairs without their count, a view: the value of the
// RequestHeaders and ResponseHeaders contexts.
func (p *Pairs) Bytes() []byte { return p.b }

// All calls yield with each pair in the order of the wire until it returns false.
// The bytes are views. It allocates nothing:
//
//	for key, value := range req.Contexts.All { ... }
func (p *Pairs) All(yield func(key, value []byte) bool) {
	b := p.b
	for len(b) > 0 {
		var key, value []byte
		key, b = cutField(b)
		value, b = cutField(b)
		if !yield(key, value) {
			return
		}
	}
}

// Get gives the value of the last pair with this key, as Finagle's map of contexts
// would hold it.
func (p *Pairs) Get(key string) (value []byte, ok bool) {
	for k, v := range p.All {
		if string(k) == key {
			value, ok = v, true
		}
	}
	return value, ok
}

// cutField needs bytes that were checked before.
func cutField(b []byte) (field, rest []byte) {
	end := 2 + int(binary.BigEndian.Uint16(b))
	return b[2:end:end], b[end:]
}

// AddPair appends a copy of key and value to p. The error is a *wire.Error for more
// than MaxField bytes or pairs; p is then unchanged. What p was parsed from is not
// written to.
func AddPair[K, V ~string | ~[]byte](p *Pairs, key K, value V) error {
	if len(key) > MaxField || len(value) > MaxField {
		return overLimit("context size", 0, max(len(key), len(value)), MaxField)
	}
	if p.n == MaxField {
		return overLimit("count of contexts", 0, p.n+1, MaxField)
	}
	p.b = binary.BigEndian.AppendUint16(p.b, uint16(len(key)))
	p.b = append(p.b, key...)
	p.b = binary.BigEndian.AppendUint16(p.b, uint16(len(value)))
	p.b = append(p.b, value...)
	p.n++
	return nil
}

// append lays down the count and the pairs.
func (p *Pairs) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(p.n))
	return append(dst, p.b...)
}

// parsePairs reads pairs up to the end of b.
func parsePairs(b []byte) (Pairs, error) {
	r := reader{b: b, lim: Limits{Header: -1, Pairs: -1}}
	n := 0
	for ; r.left() > 0; n++ {
		if _, err := r.field("header key"); err != nil {
			return Pairs{}, err
		}
		if _, err := r.field("header value"); err != nil {
			return Pairs{}, err
		}
	}
	return Pairs{b: b[:len(b):len(b)], n: n}, nil
}
