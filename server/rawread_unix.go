//go:build unix

package server

import (
	"io"
	"net"
	"os"
	"syscall"

	"github.com/oneport-thrift/oneport/internal/conn"
)

// rawReader reads from a connection without holding a buffer while it waits.
type rawReader struct {
	in    *input
	plain plainReader
	rc    syscall.RawConn // nil: read plainly
	ready func(fd uintptr) bool

	n   int // what ready read
	err error
}

func (r *rawReader) init(in *input, nc net.Conn) {
	*r = rawReader{in: in, plain: plainReader{in: in, nc: nc}}
	var sc syscall.Conn
	switch nc := nc.(type) {
	case *net.TCPConn:
		sc = nc
	case *net.UnixConn:
		sc = nc
	default:
		return
	}
	if rc, err := sc.SyscallConn(); err == nil {
		r.rc, r.ready = rc, r.readReady
	}
}

// read reads once behind what is unread, into a new buffer if there is none.
func (r *rawReader) read() (int, error) {
	if r.rc == nil {
		return r.plain.read()
	}
	r.n, r.err = 0, nil
	if err := r.rc.Read(r.ready); err != nil {
		return 0, err
	}
	if r.n == 0 && r.err == nil {
		return 0, io.EOF
	}
	return r.n, r.err
}

// readReady is called when there may be bytes; false means that there are none
// yet.
func (r *rawReader) readReady(fd uintptr) bool {
	b := r.in.buf
	if b == nil {
		b = conn.Take(r.in.size)
	}
	var err error
	for {
		r.n, err = syscall.Read(int(fd), b.B[len(b.B):cap(b.B)])
		if err != syscall.EINTR {
			break
		}
	}
	if r.n > 0 {
		b.B = b.B[:len(b.B)+r.n]
		r.in.buf = b
		return true
	}
	r.n = 0
	if r.in.buf == nil {
		b.Release()
	}
	if err == syscall.EAGAIN {
		return false
	}
	r.err = os.NewSyscallError("read", err)
	return true
}
