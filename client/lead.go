package client

import (
	"context"
	"time"
)

// reads says who reads a connection. As long as calls come one at a time, each
// caller reads its own reply: passing it on from another goroutine costs more than
// the rest of the call, since it wakes a second thread. As soon as calls overlap
// the connection's goroutine reads for all of them, and goes on to until they have
// not overlapped for a while.
type reads int

const (
	theGoroutine reads = iota
	nobody             // no call is in flight; the next one's caller will
	aCaller            // the one whose call was the only one when it was sent
)

const (
	// quietReads is how many calls in a row that did not overlap make the
	// goroutine leave the reading to the callers.
	quietReads = 16
	// standByTick is how long a connection may have had no calls before the
	// goroutine reads again, so that the server's closing it is noticed.
	standByTick = 50 * time.Millisecond
)

// stepDown ends the goroutine's reading, if there is nothing to read.
func (c *connection) stepDown() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.direct || c.inFlight.first != nil || c.pending.Abandoned() > 0 || c.phase() != open {
		return false
	}
	c.reads = nobody
	return true
}

// standBy waits until the goroutine is to read.
func (c *connection) standBy() {
	t := time.NewTicker(standByTick)
	defer t.Stop()
	started := -1
	for {
		c.mu.Lock()
		if c.reads == nobody && (c.started == started || c.phase() != open) {
			c.reads = theGoroutine
		}
		started = c.started
		mine := c.reads == theGoroutine
		c.mu.Unlock()
		if mine {
			return
		}
		select {
		case <-c.turn:
		case <-t.C:
		}
	}
}

// wakeReader has the goroutine look whether it is to read. Called with mu held.
func (c *connection) wakeReader() {
	select {
	case c.turn <- struct{}{}:
	default:
	}
}

// lead reads the connection until m is completed or ctx ends. It is wait, for the
// caller that reads.
func (c *connection) lead(ctx context.Context, m *call) error {
	if ctx.Done() != nil {
		// The next to read may find the deadline set: it looks, and sets its own.
		defer context.AfterFunc(ctx, func() { c.rwc.SetReadDeadline(time.Unix(1, 0)) })()
	}
	for {
		// ctx is asked after the watch has set its deadline, or that could replace
		// the one that the end of ctx has set.
		c.reader.watch.arm()
		expired := ctx.Err() != nil
		if !expired {
			var err error
			if expired, err = c.reader.read(); err != nil {
				c.fail(err)
			}
		}
		select {
		case <-m.done:
			c.leave()
			return nil
		default:
		}
		if expired && ctx.Err() != nil {
			c.leave()
			if why := context.Cause(ctx); c.abandon(m, why) {
				return why
			}
			<-m.done
			return nil
		}
	}
}

// leave ends a caller's reading.
func (c *connection) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads = nobody; c.inFlight.first != nil || c.phase() != open {
		c.reads = theGoroutine
		c.wakeReader()
	}
}
