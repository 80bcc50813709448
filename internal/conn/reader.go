package conn

import "net"

// smallRead is how much a connection that has no readiness of its own may have
// ready for a message's first bytes.
const smallRead = 512

// Reader reads from a connection. Where the system allows, it holds no memory
// while it waits for the first byte of a message. It belongs to one goroutine at
// a time.
type Reader struct {
	nc    net.Conn
	small *[smallRead]byte
	raw   rawReader
}

// Init makes r read from nc.
func (r *Reader) Init(nc net.Conn) {
	r.nc = nc
	r.raw.init(nc)
}

// Read reads once, behind the contents of b, which must have room. If b is nil, a
// buffer of the given size is taken when there are bytes. It returns the buffer,
// if any, and how many bytes came; none only with an error.
func (r *Reader) Read(b *Buffer, size int) (*Buffer, int, error) {
	if r.raw.usable() {
		return r.raw.read(b, size)
	}
	if b != nil {
		n, err := r.nc.Read(b.B[len(b.B):cap(b.B)])
		b.B = b.B[:len(b.B)+n]
		return b, n, ignoreAfter(n, err)
	}
	if r.small == nil {
		r.small = new([smallRead]byte)
	}
	n, err := r.nc.Read(r.small[:])
	if n > 0 {
		b = Take(size)
		b.B = append(b.B, r.small[:n]...)
	}
	return b, n, ignoreAfter(n, err)
}

// ignoreAfter drops an error that came with bytes: the next read has it again.
func ignoreAfter(n int, err error) error {
	if n > 0 {
		return nil
	}
	return err
}
