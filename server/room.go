package server

import (
	"errors"
	"io"
	"os"
	"time"
)

// fullLocked reports whether the bounds of the connection, or a change of the order, allow
// no other call now. If so, a call runs or replies are being written, and tell is called
// when that ends. A multiplexer is read on all the same, unless it is stalled.
func (c *connection) fullLocked() bool {
	switch {
	case c.broken != nil:
		return false
	case c.multi != nil:
		return c.multi.stalled()
	}
	return c.open >= c.srv.bounds.callsPerConn || c.overBytesLocked() || c.turning && c.open > 0
}

// overBytesLocked reports whether the calls and replies of the connection take as many
// bytes as it may hold.
func (c *connection) overBytesLocked() bool {
	b := &c.srv.bounds
	return c.bytes >= b.connBytes || c.bytes > b.small && !c.mayHoldLocked(c.heldLocked())
}

// room waits until the bounds of the connection allow another call. Most pauses
// are over in microseconds, and cost nothing but the wait. One that the monitor
// finds twice is spent watching the client.
func (c *connection) room() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.unfull()
	c.measure()
	return err
}

// unfull waits until the connection is not full. Called with mu held.
func (c *connection) unfull() error {
	if c.fullLocked() {
		if err := c.pause(); err != nil {
			return err
		}
	}
	return c.broken
}

// pause waits until the connection is no longer full. Called with mu held.
func (c *connection) pause() error {
	c.waiting = true
	c.paused.Add(1)
	defer func() {
		c.paused.Add(1)
		c.waiting, c.long = false, false
	}()
	if !c.listed.Load() {
		c.mu.Unlock() // which the monitor may want, with its own held
		c.srv.monitor.add(c)
		c.mu.Lock()
	}
	for c.fullLocked() {
		if !c.long || !c.in.readAheadLocked() {
			c.changed.Wait()
		} else if err := c.watch(); err != nil {
			return err
		}
	}
	return nil
}

// stir lets the goroutine that reads know that a pause is long.
func (c *connection) stir(pause uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused.Load() == pause {
		c.long = true
		c.changed.Broadcast()
	}
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// watch reads once, as the reading does, but starts no call. It returns an error
// if the client has broken off. Its regular end is left for fill to find, after the
// calls that came before it. Called with mu held, which it gives up meanwhile.
func (c *connection) watch() error {
	c.watching = true
	c.rwc.SetReadDeadline(time.Time{}) // before mu is free: tell does it the other way round
	c.mu.Unlock()
	var err error
	if c.draining.Load() { // asked after the deadline was set: drain does it the other way round
		err = discard(c.rwc)
	} else {
		err = c.in.read()
		c.in.more = c.in.more || err == nil
	}
	c.mu.Lock()
	c.watching = false
	// The message that has begun gets its time from now on, and a new deadline.
	c.in.since, c.in.armed = time.Time{}, longAgo
	switch {
	case err == nil, c.broken != nil, errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case isReset(err):
		return err
	}
	c.in.end = err
	c.beginGrace()
	return nil
}

// discard reads to the end, and returns what it was.
func discard(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	return io.EOF
}
