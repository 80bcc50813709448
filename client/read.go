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

// reader is the receiving side of a connection. It belongs to whoever reads, see
// lead.go, and holds no memory while it waits for a reply's first byte.
type reader struct {
	c     *connection
	in    conn.Reader
	buf   *conn.Buffer // nil if there is nothing
	pos   int          // buf.B[pos:] is not consumed yet
	size  int          // of the next buffer
	batch []reply      // what one read has brought
	quiet int          // reads in a row that brought one reply, the only one owed
	watch watch
}

func (r *reader) init(c *connection) {
	r.c, r.size = c, minRead
	r.in.Init(c.rwc)
	r.watch.init(c)
}

// run is the goroutine of a connection. It reads, or waits while callers do, until
// the connection has ended, and then cleans up behind it.
func (r *reader) run() {
	c := r.c
	var err error
	for err == nil {
		if r.quiet >= quietReads && c.stepDown() {
			c.standBy()
			r.quiet = 0
		}
		_, err = r.read()
	}
	c.fail(err)
	c.rwc.Close()
	c.writer.end()
	r.buf.Release()
	r.buf = nil
	c.node.ended(c)
}

// read reads once, and delivers what came. expired says that it was interrupted
// by a deadline.
func (r *reader) read() (expired bool, err error) {
	r.makeRoom()
	r.watch.arm()
	if r.c.phase() == dead { // asked after the deadline was set: hangUp does it the other way round
		return false, r.c.why
	}
	var n int
	r.buf, n, err = r.in.Read(r.buf, r.size)
	switch {
	case err == nil:
		r.adapt(n)
		return false, r.cut()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return true, r.watch.look(len(r.unread()))
	}
	return false, readError(err, len(r.unread()))
}

// readError is the reason for the end of a connection whose reading has failed.
func readError(err error, unread int) error {
	switch {
	case unread > 0:
		return fmt.Errorf("the connection ended inside a reply, after %d bytes of it: %w", unread, err)
	case err == io.EOF:
		return errEnded
	}
	return err
}

// cut cuts the replies that have come in whole off the stream, and delivers them.
func (r *reader) cut() error {
	broken := r.fillBatch()
	idle, err := r.c.deliver(r.batch, r.buf)
	if r.quiet++; !idle || len(r.batch) != 1 {
		r.quiet = 0
	}
	clear(r.batch) // or it keeps bodies and headers in memory
	if err != nil {
		return err
	}
	return broken
}

// fillBatch cuts the replies off.
func (r *reader) fillBatch() error {
	r.batch = r.batch[:0]
	if r.watch.messages == 0 {
		if err := r.c.mismatch(r.unread()); err != nil {
			return err
		}
	}
	for len(r.unread()) > 0 {
		r.batch = append(r.batch, reply{})
		p := &r.batch[len(r.batch)-1]
		n, err := r.c.sess.next(r.unread(), p)
		answers := p.kind != 0 || r.c.multi != nil // what is passed over is no sign of life
		if n == 0 || p.kind == 0 {
			*p = reply{}
			r.batch = r.batch[:len(r.batch)-1]
		}
		if err != nil {
			return r.c.unreadable(r.unread(), err)
		}
		if n == 0 {
			return nil
		}
		if r.pos += n; answers {
			r.watch.messages++
		}
	}
	return nil
}

// deliver hands replies, which may be views of buf, to the calls that wait for
// them. idle says that no call is in flight any more.
func (c *connection) deliver(batch []reply, buf *conn.Buffer) (idle bool, err error) {
	if len(batch) == 0 {
		return false, nil
	}
	buf.Hold(len(batch))
	var ready *call // to be told, linked by next
	held, done := 0, 0
	c.mu.Lock()
	for i := range batch {
		m, state := c.pending.Take(batch[i].id)
		if state == conn.Unknown {
			err = fmt.Errorf("reply with the id %d, which no call in flight has", int32(batch[i].id))
			break
		}
		if state != conn.Oneway {
			c.load.Add(-1)
		}
		if state != conn.Open {
			continue
		}
		c.unlink(m)
		if done++; batch[i].unknown != nil && !m.old {
			m.err, m.unsent = batch[i].unknown, true
		} else if batch[i].fault != nil {
			m.err, m.fault = batch[i].fault, true
		} else if !m.answeredBy(&batch[i]) {
			m.err = newWrongName(batch[i].name, m)
			if c.multi == nil {
				err = fmt.Errorf("%w, so that no other reply of this connection can be trusted", m.err)
			}
		} else {
			m.kind, m.body, m.coded, m.walked, m.header, m.buf = batch[i].kind, batch[i].body, batch[i].protocol, batch[i].walked, batch[i].header, buf
			held++
		}
		m.next, ready = ready, m
		if err != nil {
			break
		}
	}
	if idle = c.inFlight.first == nil; idle {
		c.idleAt = time.Now()
	}
	over := c.over()
	c.mu.Unlock()
	for range len(batch) - held {
		buf.Release()
	}
	if done > 0 {
		c.client.limits.freeCalls(done)
	}
	tell(ready)
	c.node.answered()
	c.pool.look()
	if over && err == nil {
		err = errRetired
	}
	return idle, err
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
