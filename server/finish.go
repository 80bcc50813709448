package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"syscall"
	"time"

	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// finish ends the connection when reading is over, for the reason err. It waits
// for the calls that run and for their replies to be written.
func (c *connection) finish(w *worker, err error) {
	c.in.release()
	w.relax()
	if c.multi != nil {
		c.multi.ended()
		if !errors.Is(err, errDraining) {
			c.cancel(errClientGone)
		}
	}
	why := err
	switch {
	case err == io.EOF:
		c.halfClosed()
		why = c.brokenBy()
	case errors.Is(err, errDraining):
		c.attend()
		c.linger()
		why = c.endedBy()
	case errors.Is(err, errIdle):
		c.settled()
		why = nil
	case c.brokenBy() != nil || isReset(err):
		c.cut(err)
		c.settled()
		why = c.brokenBy()
	default:
		// Bytes that make no sense, or come too slowly or not at all any more.
		c.halfClosed()
		c.linger()
	}
	c.hangUp()
	// Shutdown may have had a session's word written until now.
	c.cut(errClientGone)
	c.settled()
	if c.grace != nil {
		c.grace.Stop()
	}
	c.closed(why)
}

// hangUp closes the connection, and says so first in a TLS session.
func (c *connection) hangUp() {
	if c.tls != nil {
		c.tls.Close()
		return
	}
	c.rwc.Close()
}

var errClientGone = &mux.Error{Code: mux.Canceled, Message: "the client is gone"}

// halfClosed waits for the calls of a client that sends no more. It may only have
// ended its own side, and wait for replies.
func (c *connection) halfClosed() {
	c.beginGrace()
	c.settled()
}

// beginGrace ends the contexts of the calls HalfCloseGrace after the client's bytes
// were found to have ended.
func (c *connection) beginGrace() {
	if d := c.srv.bounds.grace; d > 0 && c.grace == nil {
		c.grace = time.AfterFunc(d, func() { c.cancel(errClientGone) })
	}
}

// attend waits for the calls that run on a connection that is drained. It reads on
// only to notice that the client has gone, whose calls may wait to be told; what
// still comes is never run.
func (c *connection) attend() {
	c.rwc.SetReadDeadline(time.Time{})
	c.mu.Lock()
	c.attended = c.open > 0 || c.out.Writing()
	busy := c.attended
	c.mu.Unlock()
	if busy {
		switch err := discard(c.rwc); {
		case err == io.EOF:
			c.halfClosed()
		case isReset(err):
			c.cut(err)
		}
	}
	c.settled()
}

// tell wakes the goroutine that waits for the calls that run, or for room. Called
// with mu held.
func (c *connection) tell() {
	if c.waiting {
		c.changed.Broadcast()
	}
	if c.attended && c.open == 0 && !c.out.Writing() || c.watching && !c.fullLocked() {
		c.attended, c.watching = false, false
		c.rwc.SetReadDeadline(longAgo)
	}
}

// settled waits until every call has ended and every reply is written.
func (c *connection) settled() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = true
	for c.open > 0 || c.out.Writing() {
		c.changed.Wait()
	}
}

func (c *connection) brokenBy() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// endedBy is brokenBy where the connection may have ended behind a call.
func (c *connection) endedBy() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	return c.inexact
}

// closed reports the end of the connection. Nothing of it runs any more.
func (c *connection) closed(why error) {
	c.mu.Lock()
	c.giveBackLocked()
	c.mu.Unlock()
	if isReset(why) && !c.opened || errors.Is(why, ErrServerClosed) {
		why = nil // a health check; or our own wish
	}
	var refused *mux.Refusal
	if why != nil && !errors.As(why, &refused) {
		c.logEnd(why)
	}
	if f := c.srv.Observer.Closed; f != nil && c.opened {
		f(&c.peer, why)
	}
	c.why = why
	c.srv.removeConn(c)
	close(c.done)
}

// logEnd logs why the connection broke, for all connections at most once a second.
// A client that breaks off is no fault of anyone's here.
func (c *connection) logEnd(why error) {
	n, ok := c.srv.load.mayLog("connection", time.Now())
	if !ok {
		return
	}
	level := slog.LevelWarn
	if isReset(why) {
		level = slog.LevelInfo
	}
	c.srv.log.Log(context.Background(), level, "server: connection ended",
		"peer", text.Label(c.peer.String()), "dialect", c.peer.Dialect, "err", text.Error(why), "unlogged", n)
}

// isReset reports whether err says that the other end has broken the connection
// off.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// linger closes the sending side and reads on for a while, so that the last
// replies reach a client that is still sending: closing with unread bytes would
// reset the connection and destroy them.
func (c *connection) linger() {
	if c.active.Load() == 0 && c.sent.Load() == 0 || time.Since(c.lastActive()) > lingerTime {
		return
	}
	if c.closeWrite() != nil || c.rwc.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	io.CopyN(io.Discard, c.rwc, lingerBytes)
}

// closeWrite ends the sending side, and says so first in a TLS session.
func (c *connection) closeWrite() error {
	half, ok := c.rwc.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	if c.tls != nil {
		c.tls.CloseWrite()
	}
	return half.CloseWrite()
}

// A connection that was active in the last lingerTime lingers for as long at the
// most, or for lingerBytes.
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 32 << 20
)
