package client

import (
	"crypto/tls"
	"time"
)

// retire lets the calls in flight end and then closes the connection.
func (c *connection) retire() {
	c.mu.Lock()
	c.retireLocked()
	over := c.over()
	c.mu.Unlock()
	if over {
		c.fail(errRetired)
	}
}

// retireLocked makes the connection take no more calls.
func (c *connection) retireLocked() {
	if c.state.Load() == open {
		c.state.Store(retiring)
	}
}

// over reports whether a connection that retires has nothing left to do. Called
// with mu held.
func (c *connection) over() bool {
	return c.state.Load() == retiring && c.inFlight.first == nil && c.pending.Owed() == 0 && !c.out.Writing() && c.out.Len() == 0
}

// fail ends the connection for the reason why: every call fails with it, exactly
// once, and the socket is closed. Only the first time counts.
func (c *connection) fail(why error) {
	c.mu.Lock()
	if c.state.Load() == dead {
		c.mu.Unlock()
		return
	}
	c.why = why
	c.state.Store(dead)
	c.out.Drop()
	for m := c.inFlight.first; m != nil; m = c.inFlight.first {
		c.pending.Take(m.id)
		c.unlink(m)
		c.lost++
		m.fail(why, m.from >= c.sending)
	}
	for m := c.oneways.first; m != nil; m = c.oneways.first {
		c.oneways.remove(m)
		m.unwritten = false
		c.lost++
		m.fail(why, m.from >= c.sending)
	}
	c.client.limits.freeCalls(c.lost)
	c.wakeReader()
	c.mu.Unlock()
	c.hangUp(why)
}

// hangUp closes the socket without waiting for anything. A TLS session that ends
// by wish says so to the server, which the goroutine does: it may wait for it.
func (c *connection) hangUp(why error) {
	session, ok := c.rwc.(*tls.Conn)
	switch {
	case !ok:
		c.rwc.Close()
	case why == errRetired:
		c.rwc.SetReadDeadline(time.Unix(1, 0))
	default:
		session.NetConn().Close()
	}
}

// reason returns why the connection is dead, nil if it ended between calls by
// either side's wish. A server that ends connections before it has answered a
// single call does not do so by wish. Called by the goroutine that reads, when the
// connection is dead.
func (c *connection) reason() error {
	switch {
	case c.why == errRetired && c.aside.Load() && c.client.mode != Exclusive:
		return errTooManyAbandoned
	case c.why == errRetired, c.why == errAbandoned, c.why == errCut:
		return nil
	case c.why == errEnded && c.lost == 0 && c.reader.watch.messages > 0:
		return nil
	}
	return c.why
}
