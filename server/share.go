package server

import (
	"fmt"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// A connection may take room, that is start another call or read more of a long
// message, only while it holds less than what is free for those that hold much:
// MaxBytes minus all that the server counts, minus a reserve of an eighth. One
// comparison, without a list of the others, leaves room: n connections that take all
// they can at the same time stop when each holds as much as is free, and leave
// 1/(n+1) of the seven eighths; if they come one after the other, each takes half of
// what those before it have left. The reserve is for connections that hold little
// (bounds.small), so that a newcomer's call finds a place in any case.
//
// No connection waits for the room of another for ever. One waits only while it
// holds more than bounds.small for calls and replies (full), so at least one call of
// its own is open or one reply is unsent. The end of either calls tell, which
// wakes the reader; and when the last of them has ended, the connection no
// longer waits, whatever the others hold. Room that others free is noticed earlier,
// by relief.go.
//
// A reply's size is not known before its call has run. Each open call counts for as
// much as the connection's replies have mostly been (learnLocked), which for the
// first ones is nothing: so replies may go past the limit. Then a connection that
// holds much gets no further one: more than an eighth of MaxBytes when the server
// passes the limit, and the less the further it is past it (overdrawLocked). Calls of
// connections that hold little are run all the same (isSmall).

// maxSmall is how many bytes a connection may hold whatever the others do: a write's
// worth. So the calls of clients that take little never wait for those that take
// much.
const maxSmall = maxRead

// heldLocked returns the bytes that the connection holds.
func (c *connection) heldLocked() int64 { return c.bytes + c.incoming }

// freeLocked returns how many bytes the server may still count, negative if it is
// over MaxBytes.
func (c *connection) freeLocked() int64 {
	return c.srv.bounds.bytes - c.srv.load.bytes.Load() - (c.heldLocked() - c.reported)
}

// learnLocked notes the size of a reply, or of the largest of several: as much is
// counted for each call from when it is open.
func (c *connection) learnLocked(size int) {
	if n := min(int64(size), c.srv.bounds.bytes/16); n > c.typical {
		c.typical = n
	} else {
		c.typical -= (c.typical - n) / 8
	}
}

// mayHoldLocked reports whether a connection that holds so many bytes may take more
// room.
func (c *connection) mayHoldLocked(held int64) bool {
	return held < c.freeLocked()-c.srv.bounds.bytes/8
}

// mayTakeLocked reports whether the connection may take more room.
func (c *connection) mayTakeLocked() bool {
	held := c.heldLocked()
	return held <= c.srv.bounds.small || c.mayHoldLocked(held)
}

// overShareLocked says why the connection may not take more room.
func (c *connection) overShareLocked() *overBound {
	return &overBound{bound: "MaxBytes", limit: c.srv.bounds.bytes, held: c.heldLocked(), free: max(c.freeLocked()-c.srv.bounds.bytes/8, 0)}
}

// overdrawLocked notes that a further reply comes for which there is no room, to a
// connection that holds so many bytes besides. unlock then ends the connection.
func (c *connection) overdrawLocked(held int64) {
	if held <= c.srv.bounds.small || c.broken != nil {
		return
	}
	if free := c.freeLocked(); free < 0 && held > c.srv.bounds.bytes/8+free {
		c.overdrawn = true
	}
}

// isSmall reports whether the connection's calls are run although the server is over
// MaxBytes: it holds little, and the server is over it by an eighth at the most, from
// where on no connection that holds more gets a further reply.
func (c *connection) isSmall() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := &c.srv.bounds
	return c.heldLocked() <= b.small && c.freeLocked() >= -b.bytes/8
}

// chargeIncoming counts n bytes more of messages that are not whole, or of a call
// that is not open yet. They are few and large, so the server's count follows at
// once.
func (c *connection) chargeIncoming(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.incoming += int64(n)
	if c.chargeLocked(0); !c.ended {
		d := c.heldLocked() - c.reported
		c.srv.count(d)
		c.reported += d
	}
}

// roomForMore returns nil when the connection may hold more of a long message that
// is not whole. It waits for the connection's own calls and replies as long as they
// take more than the message, whose sender cannot help that; else it returns
// errNoRoom.
func (c *connection) roomForMore() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.mayHoldLocked(c.heldLocked()) {
		if c.multi != nil || c.bytes < c.incoming || !c.fullLocked() {
			return errNoRoom
		}
		if err := c.pause(); err != nil {
			return err
		}
		if c.broken != nil {
			return c.broken
		}
		c.in.since = time.Time{} // the message gets its time anew
	}
	return nil
}

// overRoom returns the bound that has no room for more of a message that is not whole,
// or nil.
func (c *connection) overRoom() *overBound {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mayHoldLocked(c.heldLocked()) {
		return nil
	}
	return c.overShareLocked()
}

// shed refuses the message of which the beginning has come, since there is no room
// for the rest. The call is told that it was not run. What is still to come is
// dropped, or ends the connection if it is not known where that ends.
func (c *connection) shed(w *worker) error {
	c.mu.Lock()
	why := c.overShareLocked()
	c.mu.Unlock()
	m := newCall(w, c)
	rest := c.sess.shed(c.in.unread(), m, why)
	c.srv.refused(&c.peer, why.bound, why)
	c.in.pass(rest)
	if m.req.Type == wire.Call {
		c.turnAway(w, m, why.refusal())
	} else {
		m.free(w)
	}
	if rest < 0 {
		return &mux.Refusal{Bound: why.bound, Err: why}
	}
	if c.multi != nil {
		return c.sendOwn(w)
	}
	return nil
}

// errUnread is the cause of the end of a connection whose replies have no room.
func (c *connection) errUnread(held int64) error {
	b := &c.srv.bounds
	if held > 2*b.connBytes {
		return fmt.Errorf("server: unsent replies are over twice the limit of %d bytes (MaxConnBytes)", b.connBytes)
	}
	return c.refuse("MaxBytes", fmt.Errorf(
		"server: no memory for one more reply of a connection that holds %d bytes: the limit of %d is reached (MaxBytes)", held, b.bytes))
}
