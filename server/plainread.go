package server

import (
	"net"

	"github.com/oneport-thrift/oneport/internal/conn"
)

// plainReader reads from any net.Conn. While it waits for the first byte of a
// message it holds no more than a small piece of memory.
type plainReader struct {
	in    *input
	nc    net.Conn
	small []byte
}

const smallRead = 512

// read reads once behind what is unread, into a new buffer if there is none.
func (r *plainReader) read() (int, error) {
	if b := r.in.buf; b != nil {
		n, err := r.nc.Read(b.B[len(b.B):cap(b.B)])
		b.B = b.B[:len(b.B)+n]
		return n, err
	}
	if r.small == nil {
		r.small = make([]byte, smallRead)
	}
	n, err := r.nc.Read(r.small)
	if n > 0 {
		b := conn.Take(r.in.size)
		b.B = append(b.B, r.small[:n]...)
		r.in.buf = b
	}
	return n, err
}
