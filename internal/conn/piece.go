package conn

// Piece is the bytes of a reply that stand in a buffer with those of others. It
// holds the buffer. Behind it others may be appended, as long as the buffer has the
// room.
//
// Pieces are set and moved field by field: a copy of the whole would read words
// that are still on their way to memory, and wait for them.
type Piece struct {
	buf *Buffer
	b   []byte // its capacity ends where the buffer's does
}

// Set makes p, which is empty, what stands in buf from offset from on. One of the
// caller's holds passes to p.
func (p *Piece) Set(buf *Buffer, from int) { p.buf, p.b = buf, buf.B[from:] }

// Bytes returns the bytes, nil if p is empty.
func (p *Piece) Bytes() []byte { return p.b }

// Release gives up the bytes, if there are any.
func (p *Piece) Release() {
	p.buf.Release()
	p.buf, p.b = nil, nil
}

// Pieces are pieces that stand side by side, as one.
type Pieces struct {
	piece Piece
	n     int
}

// Join moves q, which is not empty, behind those in p. It reports false, and does
// nothing, if it stands elsewhere.
func (p *Pieces) Join(q *Piece) bool {
	if p.n > 0 && (p.piece.buf != q.buf || cap(p.piece.b)-len(p.piece.b) != cap(q.b)) {
		return false
	}
	if p.n == 0 {
		p.piece.buf, p.piece.b = q.buf, q.b
	} else {
		p.piece.b = p.piece.b[:len(p.piece.b)+len(q.b)]
	}
	p.n++
	q.buf, q.b = nil, nil
	return true
}

// Bytes returns the bytes.
func (p *Pieces) Bytes() []byte { return p.piece.b }

// Release gives up the bytes, if there are any.
func (p *Pieces) Release() {
	p.piece.buf.ReleaseN(p.n)
	p.piece.buf, p.piece.b, p.n = nil, nil, 0
}
