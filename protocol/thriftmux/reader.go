package thriftmux

import "encoding/binary"

// reader walks over a whole body and holds it against the limits.
type reader struct {
	b   []byte
	pos int
	lim Limits
}

func (r *reader) left() int { return len(r.b) - r.pos }

func (r *reader) byte(what string) (byte, error) {
	if r.left() < 1 {
		return 0, truncated(what, r.pos)
	}
	r.pos++
	return r.b[r.pos-1], nil
}

// uint16 reads a count or a length. Finagle reads them as signed, so the top bit
// makes them negative.
func (r *reader) uint16(what string) (int, error) {
	if r.left() < 2 {
		return 0, truncated(what, r.pos)
	}
	n := int(int16(binary.BigEndian.Uint16(r.b[r.pos:])))
	if n < 0 {
		return 0, malformed(r.pos, n, "%s: negative length %d", what, n)
	}
	r.pos += 2
	return n, nil
}

// take gives the next n bytes.
func (r *reader) take(what string, n int) ([]byte, error) {
	if n > r.left() {
		return nil, truncated(what, len(r.b))
	}
	end := r.pos + n
	if limit := r.lim.header(); end > limit {
		return nil, overLimit("size before the payload", r.pos, end, limit)
	}
	v := r.b[r.pos:end:end]
	r.pos = end
	return v, nil
}

// field reads what~2.
func (r *reader) field(what string) ([]byte, error) {
	n, err := r.uint16(what)
	if err != nil {
		return nil, err
	}
	return r.take(what, n)
}

// pairs reads a count of 2 bytes and as many pairs.
func (r *reader) pairs(what string) (Pairs, error) {
	at := r.pos
	n, err := r.uint16(what)
	if err != nil {
		return Pairs{}, err
	}
	if limit := r.lim.pairs(); n > limit {
		return Pairs{}, overLimit("count of "+what, at, n, limit)
	}
	start := r.pos
	for range n {
		if _, err = r.field(what); err != nil {
			return Pairs{}, err
		}
		if _, err = r.field(what); err != nil {
			return Pairs{}, err
		}
	}
	return Pairs{b: r.b[start:r.pos:r.pos], n: n}, nil
}

// rest is the payload.
func (r *reader) rest() []byte { return r.b[r.pos:] }

// skipField returns where the field at pos of b ends; -1 if b does not hold it, or
// if pos is -1.
func skipField(b []byte, pos int) int {
	if pos < 0 || len(b)-pos < 2 {
		return -1
	}
	n := int(int16(binary.BigEndian.Uint16(b[pos:])))
	if n < 0 || n > len(b)-pos-2 {
		return -1
	}
	return pos + 2 + n
}

// skipPairs returns the count of the pairs at pos of b, and where they begin and
// end; end is -1 as that of skipField.
func skipPairs(b []byte, pos int) (n, start, end int) {
	if pos < 0 || len(b)-pos < 2 {
		return 0, 0, -1
	}
	n, start = int(binary.BigEndian.Uint16(b[pos:])), pos+2
	if n > MaxField {
		return n, start, -1
	}
	end = start
	for left := 2 * n; left > 0 && end >= 0; left-- {
		end = skipField(b, end)
	}
	return n, start, end
}
