package client

import (
	"fmt"
	"time"
)

// watch ends a connection on which nothing comes of what should. It looks a few
// times in the shortest of its spans, whatever happens in between, so that a call
// costs it nothing but a count. It belongs to the goroutine that reads.
type watch struct {
	c     *connection
	every time.Duration // 0: never
	armed bool

	messages int // replies that have come; counted by the reader

	lastMessages, lastStarted int
	lastUnread                int
	partial, quiet, idle      time.Time     // since when a reply is not whole; none came; there was no call
	heard, pinged             time.Time     // when the server last owed or sent anything; was asked for a sign of life
	ping                      time.Duration // 0: never
}

// looks is how often in a span a watch looks.
const looks = 4

func (w *watch) init(c *connection) {
	b := &c.client.bounds
	w.c = c
	if c.multi != nil {
		w.ping = b.ping
	}
	for _, span := range []time.Duration{b.idle, b.partial, b.stalled, w.ping} {
		if span > 0 && (w.every == 0 || span/looks < w.every) {
			w.every = span / looks
		}
	}
	w.partial, w.quiet, w.idle, w.heard = c.opened, c.opened, c.opened, c.opened
}

// arm sees to it that reading stops in time for the next look, and not before: the
// deadline may be one that a caller has set to stop its own reading.
func (w *watch) arm() {
	if w.armed {
		return
	}
	w.armed = true
	var by time.Time
	if w.every > 0 {
		by = time.Now().Add(w.every)
	}
	w.c.rwc.SetReadDeadline(by)
}

// look says why the connection has to end, if it has to, given how many bytes of
// a reply have come.
func (w *watch) look(unread int) error {
	w.armed = false
	now := time.Now()
	b := &w.c.client.bounds
	w.c.mu.Lock()
	forsaken, busy, started := w.c.pending.Abandoned()+w.c.pending.Owed(), w.c.inFlight.first != nil, w.c.started
	w.c.mu.Unlock()
	progress := w.messages != w.lastMessages
	if progress || unread == 0 {
		w.partial = now
	}
	if progress || forsaken == 0 {
		w.quiet = now
	}
	if busy || forsaken > 0 || started != w.lastStarted {
		w.idle = now
	}
	if w.ping > 0 && (progress || unread != w.lastUnread || !busy && forsaken == 0) {
		w.heard, w.pinged = now, time.Time{}
	}
	w.lastMessages, w.lastStarted, w.lastUnread = w.messages, started, unread
	switch {
	case w.ping > 0 && !w.pinged.IsZero() && now.Sub(w.pinged) >= w.ping:
		return fmt.Errorf("no answer to a ping within %v (PingInterval)", w.ping)
	case w.ping > 0 && w.pinged.IsZero() && now.Sub(w.heard) >= w.ping:
		w.pinged = now
		w.c.post(w.c.multi.appendPing(nil), false)
	}
	switch {
	case b.partial > 0 && now.Sub(w.partial) >= b.partial:
		return fmt.Errorf("%d bytes of a reply came and the rest not within %v (MessageTimeout)", unread, b.partial)
	case b.stalled > 0 && now.Sub(w.quiet) >= b.stalled:
		return fmt.Errorf("%d calls are not answered that nobody waits for, and no reply came for %v (StallTimeout)", forsaken, b.stalled)
	case b.idle > 0 && now.Sub(w.idle) >= b.idle:
		w.c.retire() // which ends the reading, unless a call has come meanwhile
	}
	return nil
}
