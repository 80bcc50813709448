package server

import (
	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// enter gives calls their places in the order of replies. From now on they count
// as open. Only the goroutine that reads enters calls.
func (c *connection) enter(batch ...*call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range batch {
		c.chargeCallLocked(m)
		c.link(m)
	}
	c.open += len(batch)
	c.chargeLocked(0)
	c.measure()
}

// chargeCallLocked counts what m holds as bytes of an open call. Those that it had of
// its own before no longer count as incoming. A charge must follow.
func (c *connection) chargeCallLocked(m *call) {
	if m.own > 0 {
		c.incoming -= int64(m.own)
		m.size += m.own
		m.own = 0
	}
	m.owed = int(c.typical)
	m.size += m.head + m.owed
	m.head = 0
	c.owed += c.typical
	c.bytes += int64(m.size)
}

// measure sets space. Called with mu held, by the goroutine that reads.
func (c *connection) measure() {
	c.space = c.srv.bounds.callsPerConn - c.open
	if b := &c.srv.bounds; c.overBytesLocked() {
		c.space = 0
	} else if c.typical > b.small/64 {
		free := min(b.connBytes, c.freeLocked()-b.bytes/8) - c.bytes
		c.space = int(min(int64(c.space), max(free, 0)/c.typical+1))
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
	c.chargeCallLocked(m)
	c.chargeLocked(0)
	c.measure()
	return true
}

// takesTurn reports whether m has a place in the order of replies. A oneway call
// has none, since it has no reply.
func (c *connection) takesTurn(m *call) bool { return c.ordered && m.req.Type != wire.Oneway }

// link puts m at the end of the order, if there is one. Called with mu held.
func (c *connection) link(m *call) {
	m.turn = c.takesTurn(m)
	switch {
	case !m.turn:
		return
	case c.tail == nil:
		c.head = m
	default:
		c.tail.next = m
	}
	c.tail = m
}

// release moves the replies whose turn has come to the outbox: those at the head
// of the order, up to the first that is not done. Called with mu held.
func (c *connection) release(w *worker) {
	var (
		replies  conn.Pieces
		args     *conn.Buffer // of several calls
		n, calls int
		largest  int
		held     int   // what ends to be counted
		owed     int64 // what of it was for the replies
	)
	for c.head != nil && c.head.done.Load() {
		m := c.head
		if c.head = m.next; c.head == nil {
			c.tail = nil
		}
		calls++
		owed += int64(m.owed)
		held += m.size
		if m.buf != args {
			args.ReleaseN(n)
			args, n = m.buf, 0
		}
		n++
		m.buf = nil
		size := len(m.reply.Bytes())
		largest = max(largest, size)
		switch {
		case size > 0 && c.silenced:
			held += size
		case size > 0 && !replies.Join(&m.reply):
			c.put(&replies)
			replies.Join(&m.reply)
		}
		c.silenced = c.silenced || m.last
		m.free(w)
	}
	args.ReleaseN(n)
	if calls > 0 {
		c.put(&replies)
		c.owed -= owed
		c.chargeLocked(-held)
		c.learnLocked(largest)
		c.open -= calls
		c.srv.load.calls.Add(int64(-calls))
	}
}

// dropDoneLocked drops the replies that wait for their turns: those of a connection
// that is broken would be held for as long as the calls before them run.
func (c *connection) dropDoneLocked() {
	for m := c.head; m != nil; m = m.next {
		if m.done.Load() {
			c.chargeLocked(-len(m.reply.Bytes()))
			m.reply.Release()
		}
	}
}

// put moves replies to the outbox. Called with mu held.
func (c *connection) put(replies *conn.Pieces) {
	b := replies.Bytes()
	if len(b) == 0 {
		return // room for nothing would stay with the outbox
	}
	if c.broken == nil {
		c.out.Set(append(c.out.Room(len(b)), b...))
	} else {
		c.chargeLocked(-len(b))
	}
	replies.Release()
}
