package servertest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// Conn is one end of a connection in memory. It behaves as a TCP connection
// does: 64 KiB a direction can be under way, and a Write that finds no room
// blocks until the other end has read, its deadline has passed or the connection
// has ended. All its methods may be called concurrently; concurrent Writes do
// not mix their bytes.
//
// Errors are *net.OpError, around os.ErrDeadlineExceeded for a deadline,
// net.ErrClosed at an end that is closed, syscall.EPIPE for a Write that nobody
// can read and syscall.ECONNRESET after a reset.
type Conn struct {
	link          *link
	in, out       *half
	local, remote addr
}

// newConns returns the two ends of a connection.
func newConns(client, server addr) (*Conn, *Conn) {
	l := new(link)
	l.changed.L = &l.mu
	up, down := &half{link: l}, &half{link: l}
	return &Conn{link: l, in: down, out: up, local: client, remote: server},
		&Conn{link: l, in: up, out: down, local: server, remote: client}
}

// Read reads what the other end has written. At the end of input, when the other
// end has called Close or CloseWrite and everything has been read, it returns
// io.EOF.
func (c *Conn) Read(b []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	n, err := c.in.take(b)
	return n, c.opError("read", err)
}

// Write returns once all of b is in the buffer, or with an error and how many
// bytes of b the other end may have read.
func (c *Conn) Write(b []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	n, err := c.out.put(b)
	return n, c.opError("write", err)
}

// CloseWrite ends the writing alone: the other end reads what is in the buffer
// and then end of input, and can still write.
func (c *Conn) CloseWrite() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.in.readerGone {
		return c.opError("close", net.ErrClosed)
	}
	c.out.shut = syscall.EPIPE
	c.link.changed.Broadcast()
	return nil
}

// Close ends both directions at once. The other end reads what is in the buffer
// and then end of input, and its writes fail. As in TCP, closing an end that has
// not read all it was sent is a reset, in which the other end loses what it has
// not read: who wants the last words heard reads until end of input.
func (c *Conn) Close() error {
	return c.close(false)
}

// Reset closes the connection as a TCP reset does: what is under way is lost in
// both directions, and the reads and writes of the other end fail with
// syscall.ECONNRESET.
func (c *Conn) Reset() {
	c.close(true)
}

// close closes the end, and resets the connection if asked to or if bytes are lost.
func (c *Conn) close(reset bool) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.in.readerGone {
		return c.opError("close", net.ErrClosed)
	}
	if reset || c.in.buf.Len() > 0 {
		c.in.cut()
		c.out.cut()
	}
	c.in.readerGone = true
	c.in.buf = bytes.Buffer{}
	c.out.shut = net.ErrClosed
	c.in.read.set(time.Time{}, nil)
	c.out.write.set(time.Time{}, nil)
	c.link.changed.Broadcast()
	return nil
}

// LocalAddr returns this end's address.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the other end's address.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets the deadlines of reading and writing.
func (c *Conn) SetDeadline(t time.Time) error { return c.setDeadlines(t, &c.in.read, &c.out.write) }

// SetReadDeadline sets the time at which reads fail, those that are blocked
// included; the zero time means never.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, &c.in.read) }

// SetWriteDeadline sets the time at which writes fail, those that are blocked
// included; the zero time means never.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, &c.out.write) }

func (c *Conn) setDeadlines(t time.Time, deadlines ...*deadline) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.in.readerGone {
		return c.opError("set", net.ErrClosed)
	}
	for _, d := range deadlines {
		d.set(t, c.link.wake)
	}
	c.link.changed.Broadcast()
	return nil
}

// opError tells which end of which connection an error is of. End of input stays
// bare, as readers of all kinds want it.
func (c *Conn) opError(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &net.OpError{Op: op, Net: network, Source: c.local, Addr: c.remote, Err: err}
}
