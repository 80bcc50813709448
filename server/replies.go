package server

import (
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
)

// complete takes the result of a call that was entered, and sends it if it is its
// turn, unless w leaves that for later. Any goroutine may call it, once for each
// call. The reply is copied when it returns.
func (c *connection) complete(w *worker, m *call) {
	if m.inline {
		c.srv.load.calls.Add(-1)
		m.free(w)
		return
	}
	if w.leaves != never && m.turn && w.keep(m) {
		return
	}
	c.mu.Lock()
	held := -m.size
	c.overdrawLocked(c.bytes - int64(m.size))
	switch replies := m.result.Type != 0; {
	case replies && m.turn && c.head != m && c.broken == nil:
		c.mu.Unlock() // not to hold up those whose turn it is
		size := m.encode()
		c.mu.Lock()
		if c.broken == nil {
			held += size
		} else {
			m.reply.Release() // nobody waits for its turn
		}
		c.learnLocked(size)
	case replies && c.broken == nil && !c.silenced, c.multi != nil:
		// A multiplexer answers oneway calls too, and knows what is broken.
		size := c.toOutbox(m)
		held += size
		c.learnLocked(size)
	}
	c.owed -= int64(m.owed)
	c.chargeLocked(held)
	m.size, m.owed = 0, 0
	m.buf.Release()
	m.buf = nil
	var now time.Time
	if m.lone != 0 {
		now = m.req.Received
	}
	if m.turn {
		if c.head != m {
			m.letGo()
		}
		m.done.Store(true)
	} else {
		c.srv.load.calls.Add(-1)
		c.open--
		m.free(w)
	}
	c.settle(w, now)
}

// toOutbox encodes m's reply into the outbox, and returns its size. Called with mu
// held.
func (c *connection) toOutbox(m *call) int {
	var out []byte
	if c.multi != nil {
		out = c.out.Room(c.multi.room(m))
	} else {
		out = c.out.Room(m.room())
	}
	before := len(out)
	out = c.sess.appendReply(out, m)
	c.out.Set(out)
	if c.out.Len() == 0 {
		c.out.Drop() // nobody wants the answer
	}
	return len(out) - before
}

// encode encodes m's reply into memory of its own, and returns its size.
func (m *call) encode() int {
	b := conn.Take(m.room())
	b.B = m.conn.sess.appendReply(b.B, m)
	m.reply.Set(b, 0)
	return len(b.B)
}

// letGo gives up what a call that waits for its turn does not need any more, and what
// nobody counts from now on.
func (m *call) letGo() {
	m.req.Release()
	m.req.Body, m.req.Scratch = nil, nil
	m.result.Body, m.result.Header = nil, nil
}

// room returns about how many bytes m's reply takes; a guess that is too low costs
// a copy.
func (m *call) room() int { return len(m.result.Body) + len(m.name.method) + replyOverhead }

// replyOverhead is more than any dialect adds to the name and body of a reply.
const replyOverhead = 64

// settle ends a critical section in which calls were completed: it moves the
// replies whose turn has come, unlocks mu, and writes if nobody else does. A
// worker may leave the writing until there is enough for a write of its own, or it
// has no more calls of this connection, or another does it. now is the time if it
// is known without asking, or else zero.
func (c *connection) settle(w *worker, now time.Time) {
	c.release(w)
	var b *conn.Buffer
	// Of a reading that was taken over, the new reader may end the connection once
	// no call is open. Before it does anything it sends what was left until then.
	leaves := w.leaves != never && c.open > 0 || w.leaves == always && c.lone.Load() == w.lone
	if leaves && c.out.Len() > 0 && !c.out.Writing() && !c.out.Full() {
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
	held, over := c.bytes-c.owed, c.overdrawn || c.bytes-c.owed > 2*c.srv.bounds.connBytes
	over = over && c.broken == nil
	c.mu.Unlock()
	if over {
		c.cut(c.errUnread(held))
	}
}

// reportStep is how far the bytes of a connection may move before the server's
// count follows.
const reportStep = 16 << 10

// chargeLocked counts bytes that the connection holds for its calls and replies. The
// server's count, which all connections write to, follows in steps. A connection
// that has ended counts for nothing any more: a worker may get to count replies
// that another has sent when all is over.
func (c *connection) chargeLocked(n int) {
	c.bytes += int64(n)
	if c.ended {
		c.srv.load.lost.Add(int64(n))
	} else if d := c.heldLocked() - c.reported; d >= reportStep || d <= -reportStep {
		c.srv.count(d)
		c.reported += d
	}
}

// giveBackLocked ends the counting of a connection that has ended: the server's count
// loses what the connection has added to it, whatever that was.
func (c *connection) giveBackLocked() {
	c.ended = true
	c.srv.count(-c.reported)
	c.srv.load.lost.Add(c.heldLocked())
	c.reported = 0
}
