//go:build unix

package load

import (
	"errors"
	"net"
	"syscall"
)

// newSender returns the sender for nc.
func newSender(nc net.Conn) sender {
	if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			d := &direct{raw: raw}
			d.try = d.once
			return d
		}
	}
	return newPump(nc)
}

// direct is a sender that writes to the descriptor and sees when it is full.
type direct struct {
	raw  syscall.RawConn
	try  func(fd uintptr) bool // once, as a value made once
	b    []byte                // what is to be written
	n    int                   // how much of b was
	wait bool
	err  error
}

func (d *direct) send(b []byte, wait bool) (int, error) {
	d.b, d.n, d.wait, d.err = b, 0, wait, nil
	if err := d.raw.Write(d.try); err != nil {
		return d.n, err
	}
	d.b = nil
	return d.n, d.err
}

// once writes until all is written or the descriptor is full. It returns false to
// wait for room and be called again.
func (d *direct) once(fd uintptr) bool {
	for d.n < len(d.b) {
		n, err := syscall.Write(int(fd), d.b[d.n:])
		switch {
		case err == nil:
			d.n += n
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return !d.wait
		default:
			d.err = err
			return true
		}
	}
	return true
}

func (d *direct) close() {}
