//go:build unix

package conn

import (
	"io"
	"net"
	"os"
	"syscall"
)

// rawReader reads from a socket without holding a buffer while it waits.
type rawReader struct {
	rc    syscall.RawConn // nil: not usable
	ready func(fd uintptr) bool

	buf  *Buffer
	size int
	n    int // what ready read
	err  error
}

func (r *rawReader) init(nc net.Conn) {
	if r.rc = rawConn(nc); r.rc != nil {
		r.ready = r.readReady
	}
}

func (r *rawReader) usable() bool { return r.rc != nil }

func (r *rawReader) read(b *Buffer, size int) (*Buffer, int, error) {
	r.buf, r.size, r.n, r.err = b, size, 0, nil
	err := r.rc.Read(r.ready)
	b, r.buf = r.buf, nil
	switch {
	case err != nil:
		return b, 0, err
	case r.n == 0 && r.err == nil:
		return b, 0, io.EOF
	}
	return b, r.n, r.err
}

// readReady is called when there may be bytes; false means that there are none
// yet.
func (r *rawReader) readReady(fd uintptr) bool {
	b := r.buf
	if b == nil {
		b = Take(r.size)
	}
	n, err := ignoringEINTR(func() (int, error) { return syscall.Read(int(fd), b.B[len(b.B):cap(b.B)]) })
	if n > 0 {
		b.B = b.B[:len(b.B)+n]
		r.buf, r.n = b, n
		return true
	}
	if r.buf == nil {
		b.Release()
	}
	if err == syscall.EAGAIN {
		return false
	}
	r.err = os.NewSyscallError("read", err)
	return true
}

// Writer writes to a socket without ever waiting for it. It belongs to one
// goroutine at a time.
type Writer struct {
	rc    syscall.RawConn // nil: not usable
	ready func(fd uintptr) bool

	b   []byte
	n   int
	err error
}

// Init makes w write to nc, and reports whether it can.
func (w *Writer) Init(nc net.Conn) bool {
	if w.rc = rawConn(nc); w.rc == nil {
		return false
	}
	w.ready = w.write
	return true
}

// Write writes what of b the system takes at once, which may be nothing without
// being an error.
func (w *Writer) Write(b []byte) (int, error) {
	w.b, w.n, w.err = b, 0, nil
	err := w.rc.Write(w.ready)
	w.b = nil
	if err == nil {
		err = w.err
	}
	return w.n, err
}

// write is done whatever comes of it, so that RawConn does not wait.
func (w *Writer) write(fd uintptr) bool {
	n, err := ignoringEINTR(func() (int, error) { return syscall.Write(int(fd), w.b) })
	switch {
	case n > 0:
		w.n = n
	case err != nil && err != syscall.EAGAIN:
		w.err = os.NewSyscallError("write", err)
	}
	return true
}

// Ended reports whether the peer has ended the connection and nothing is left to
// read. It does not wait, takes nothing, and any goroutine may call it. False
// also means that it is not known.
func (w *Writer) Ended() bool {
	if w.rc == nil {
		return false
	}
	ended := false
	err := w.rc.Control(func(fd uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		ended = n == 0 && err == nil || n < 0 && err != nil && err != syscall.EAGAIN && err != syscall.EINTR
	})
	return ended || err != nil
}

func ignoringEINTR(f func() (int, error)) (int, error) {
	for {
		if n, err := f(); err != syscall.EINTR {
			return n, err
		}
	}
}
