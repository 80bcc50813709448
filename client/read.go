package client

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Reading follows what comes: buffers start small and double while reads fill
// them.
const (
	minRead = 4 << 10
	maxRead = 64 << 10
)

// reader is the receiving side of a connection. It belongs to the goroutine that
// reads, and holds no memory while it waits for a reply's first byte.
type reader struct {
	c     *connection
	in    conn.Reader
	buf   *conn.Buffer // nil if there is nothing
	pos   int          // buf.B[pos:] is not consumed yet
	size  int          // of the next buffer
	batch []reply      // what one read has brought
	watch watch
}

func (r *reader) init(c *connection) {
	r.c, r.size = c, minRead
	r.in.Init(c.rwc)
	r.watch.init(c)
}

// run reads until the connection has ended, and then cleans up behind it.
func (r *reader) run() {
	c := r.c
	err := r.loop()
	c.fail(err)
	c.writer.end()
	r.buf.Release()
	r.buf = nil
	c.node.ended(c)
}

func (r *reader) loop() error {
	for {
		r.makeRoom()
		r.watch.arm()
		var n int
		var err error
		r.buf, n, err = r.in.Read(r.buf, r.size)
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			if err := r.watch.look(len(r.unread())); err != nil {
				return err
			}
			continue
		default:
			return readError(err, len(r.unread()))
		}
		r.adapt(n)
		if err := r.cut(); err != nil {
			return err
		}
	}
}

// readError is the reason for the end of a connection whose reading has failed.
func readError(err error, unread int) error {
	switch {
	case unread > 0:
		return fmt.Errorf("the connection ended inside a reply, after %d bytes of it: %w", unread, err)
	case err == io.EOF:
		return errEnded
	}
	return fmt.Errorf("read: %w", err)
}

// cut cuts the replies that have come in whole off the stream, and delivers them.
func (r *reader) cut() error {
	r.batch = r.batch[:0]
	var broken error
	for len(r.unread()) > 0 {
		var p reply
		n, err := r.c.sess.next(r.unread(), &p)
		if err != nil {
			broken = fmt.Errorf("reply: %w", err)
			break
		}
		if n == 0 {
			break
		}
		r.pos += n
		r.watch.messages++
		if p.kind != 0 {
			r.batch = append(r.batch, p)
		}
	}
	err := r.c.deliver(r.batch, r.buf)
	clear(r.batch) // or it keeps bodies and headers in memory
	if err != nil {
		return err
	}
	return broken
}

// deliver hands replies, which may be views of buf, to the calls that wait for
// them.
func (c *connection) deliver(batch []reply, buf *conn.Buffer) error {
	if len(batch) == 0 {
		return nil
	}
	buf.Hold(len(batch))
	var ready *call // to be told, linked by next
	var broken error
	held := 0
	c.mu.Lock()
	for i := range batch {
		m, state := c.pending.Take(batch[i].id)
		if state == conn.Unknown {
			broken = fmt.Errorf("reply with the id %d, which no call in flight has", int32(batch[i].id))
			break
		}
		if state != conn.Oneway {
			c.load.Add(-1)
		}
		if state != conn.Open {
			continue
		}
		c.unlink(m)
		m.kind, m.body, m.header, m.buf = batch[i].kind, batch[i].body, batch[i].header, buf
		held++
		m.next, ready = ready, m
	}
	if c.head == nil {
		c.idleAt = time.Now()
	}
	over := c.over()
	c.mu.Unlock()
	for range len(batch) - held {
		buf.Release()
	}
	tell(ready)
	c.node.answered()
	c.pool.look()
	if over && broken == nil {
		broken = errRetired
	}
	return broken
}

// tell completes the calls of a list that was put together backwards.
func tell(last *call) {
	var first *call
	for last != nil {
		last, last.next, first = last.next, first, last
	}
	for first != nil {
		m := first
		first, m.next = m.next, nil
		m.done <- struct{}{}
	}
}

// unread returns the bytes that are not consumed.
func (r *reader) unread() []byte {
	if r.buf == nil {
		return nil
	}
	return r.buf.B[r.pos:]
}

// adapt lets the size of buffers follow what reads bring.
func (r *reader) adapt(n int) {
	switch {
	case len(r.buf.B) == cap(r.buf.B):
		r.size = min(2*r.size, maxRead)
	case n < r.size/8:
		r.size = max(r.size-r.size/16, minRead)
	}
}

// makeRoom sees to it that there is no buffer, or one with room. Bytes that were
// consumed stay where they are: callers may be reading them.
func (r *reader) makeRoom() {
	rest := r.unread()
	switch {
	case r.buf == nil:
	case len(rest) == 0:
		r.buf.Release()
		r.buf, r.pos = nil, 0
	case len(r.buf.B) < cap(r.buf.B):
	default:
		b := conn.Take(max(2*len(rest), r.size))
		b.B = append(b.B, rest...)
		r.buf.Release()
		r.buf, r.pos = b, 0
	}
}

// failed reports whether a reply that is no exception holds a declared one.
func failed(p wire.Protocol, kind wire.Type, body []byte) bool {
	return kind == wire.Reply && wire.Failed(p, body)
}
