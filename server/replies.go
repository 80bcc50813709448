package server

import (
	"fmt"
	"runtime"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// replyOverhead is more than any dialect adds to the name and body of a reply;
// a guess that is too low costs a copy.
const replyOverhead = 64

// enter gives calls their places in the order of replies. From now on they count
// as open. Only the goroutine that reads enters calls.
func (c *connection) enter(batch ...*call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bytes := 0
	for _, m := range batch {
		bytes += m.weigh()
		c.link(m)
	}
	c.open += len(batch)
	c.charge(bytes)
	c.measure()
}

// measure sets space. Called with mu held, by the goroutine that reads.
func (c *connection) measure() {
	c.space = c.srv.bounds.callsPerConn - c.open
	if c.bytes >= c.srv.bounds.connBytes {
		c.space = 0
	}
}

// enterAlone enters m if no other call of the connection is open.
func (c *connection) enterAlone(m *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open > 0 {
		return false
	}
	c.link(m)
	c.open = 1
	c.charge(m.weigh())
	c.measure()
	return true
}

// takesTurn reports whether m has a place in the order of replies. A oneway call
// has none, since it has no reply.
func (c *connection) takesTurn(m *call) bool { return c.ordered && m.req.Type != wire.Oneway }

// link puts m at the end of the order, if there is one. Called with mu held.
func (c *connection) link(m *call) {
	switch {
	case !c.takesTurn(m):
		return
	case c.tail == nil:
		c.head = m
	default:
		c.tail.next = m
	}
	c.tail = m
}

// complete takes the result of a call that was entered, and sends it if it is its
// turn, unless w leaves that for later. Any goroutine may call it, once for each
// call. The reply is copied when it returns.
func (c *connection) complete(w *worker, m *call) {
	if m.inline {
		c.srv.load.calls.Add(-1)
		m.free(w)
		return
	}
	if w.leaves != never && c.takesTurn(m) && w.keep(m) {
		return
	}
	rep := &m.result
	c.mu.Lock()
	held := -m.size
	if c.ordered && c.head != m && rep.Type != 0 {
		// Encoded without holding up those whose turn it is.
		c.mu.Unlock()
		b := conn.Take(len(rep.Body) + len(m.name.method) + replyOverhead)
		b.B = c.sess.appendReply(b.B, m)
		m.reply.Set(b, 0)
		c.mu.Lock()
		held += len(b.B)
	} else if c.multi != nil || rep.Type != 0 && c.broken == nil {
		// A multiplexer answers oneway calls too, and knows what is broken.
		out := c.out.Room(len(rep.Body) + len(m.name.method) + replyOverhead)
		before := len(out)
		out = c.sess.appendReply(out, m)
		c.out.Set(out)
		held += len(out) - before
		if c.out.Len() == 0 {
			c.out.Drop() // nobody wants the answer
		}
	}
	c.charge(held)
	m.size = 0
	m.buf.Release()
	m.buf = nil
	var now time.Time
	if m.lone != 0 {
		now = m.req.Received
	}
	if c.takesTurn(m) {
		m.done.Store(true)
	} else {
		c.srv.load.calls.Add(-1)
		c.open--
		m.free(w)
	}
	c.settle(w, now)
}

// release moves the replies whose turn has come to the outbox: those at the head
// of the order, up to the first that is not done. Called with mu held.
func (c *connection) release(w *worker) {
	var (
		replies  conn.Pieces
		args     *conn.Buffer // of several calls
		n, calls int
	)
	for c.head != nil && c.head.done.Load() {
		m := c.head
		if c.head = m.next; c.head == nil {
			c.tail = nil
		}
		calls++
		c.charge(-m.size)
		if m.buf != args {
			args.ReleaseN(n)
			args, n = m.buf, 0
		}
		n++
		m.buf = nil
		if len(m.reply.Bytes()) > 0 && !replies.Join(&m.reply) {
			c.put(&replies)
			replies.Join(&m.reply)
		}
		m.free(w)
	}
	args.ReleaseN(n)
	if calls > 0 {
		c.put(&replies)
		c.open -= calls
		c.srv.load.calls.Add(int64(-calls))
	}
}

// put moves replies to the outbox. Called with mu held.
func (c *connection) put(replies *conn.Pieces) {
	b := replies.Bytes()
	if c.broken == nil {
		c.out.Set(append(c.out.Room(len(b)), b...))
	} else {
		c.charge(-len(b))
	}
	replies.Release()
}

// settle ends a critical section in which calls were completed: it moves the
// replies whose turn has come, unlocks mu, and writes if nobody else does. A worker may leave the writing until it has no more calls of this
// connection, or another does it. now is the time if it is known without asking,
// or else zero.
func (c *connection) settle(w *worker, now time.Time) {
	c.release(w)
	leave := (w.leaves == always || w.leaves == whileOpen && c.open > 0) && !c.out.Writing() && c.out.Len() > 0 && !c.out.Full()
	var b *conn.Buffer
	if leave {
		w.unsent = c
	} else if c.out.Start() {
		b = c.out.Next()
	}
	c.unlock()
	c.flush(w, b, now)
}

// unlock unlocks mu where calls were completed: it wakes who waits, and cuts the
// connection if too much waits to be written.
func (c *connection) unlock() {
	if c.waiting || c.attended {
		c.tell()
	}
	over := c.bytes > 2*c.srv.bounds.connBytes
	c.mu.Unlock()
	if over {
		c.cut(fmt.Errorf("server: unsent replies are over twice the limit of %d bytes (MaxConnBytes)", c.srv.bounds.connBytes))
	}
}

// send writes the replies that were left, unless somebody does. kept is how many
// bytes of them w has kept and not counted.
func (c *connection) send(w *worker, kept int) {
	c.mu.Lock()
	c.charge(kept)
	c.release(w)
	write, others := c.out.Start(), c.open > 0
	c.unlock()
	if !write {
		return
	}
	if others {
		// Calls that are about to end get to add their replies to this write.
		runtime.Gosched()
	}
	c.flush(w, c.next(w, 0), time.Time{})
}

// flush writes b, and what waits until nothing does. The caller is the outbox's
// writer.
func (c *connection) flush(w *worker, b *conn.Buffer, now time.Time) {
	for b != nil {
		if now.IsZero() {
			now = time.Now()
		}
		if err := c.write(b.B, now); err != nil {
			c.cut(fmt.Errorf("server: write: %w", err))
		}
		n := len(b.B)
		b.Release()
		b, now = c.next(w, n), time.Time{}
	}
}

// next returns what is to be written after written bytes have been; nil ends the
// writing.
func (c *connection) next(w *worker, written int) *conn.Buffer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.charge(-written)
	c.release(w)
	if c.multi != nil {
		c.multi.refill()
	}
	b := c.out.Next()
	if c.waiting || c.attended {
		c.tell()
	}
	return b
}

// reportStep is how far the bytes of a connection may move before the server's
// count follows.
const reportStep = 16 << 10

// charge counts bytes that the connection holds. The server's count, which all
// connections write to, follows in steps. Called with mu held.
func (c *connection) charge(n int) {
	c.bytes += int64(n)
	if d := c.bytes - c.reported; d >= reportStep || d <= -reportStep || c.ended {
		c.report()
	}
}

// report brings the server's count of bytes up to date. Called with mu held.
func (c *connection) report() {
	c.srv.load.bytes.Add(c.bytes - c.reported)
	c.reported = c.bytes
}
