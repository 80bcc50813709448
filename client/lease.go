package client

import (
	"slices"
	"time"
)

// lease is for how long the server of a connection wants calls ("Mux, ping,
// discard, lease, drain"). It ends with the connection. The zero lease has no end.
// The core's mu guards it.
type lease struct {
	until time.Time
	timer *time.Timer // to look whether it is over; nil without one
	over  bool
}

// longestLease is as good as one without an end.
const longestLease = 100 * 365 * 24 * time.Hour

// leased begins a lease of d, which takes the place of the one before.
func (c *connection) leased(d time.Duration) {
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.lease.end()
	d = min(d, longestLease)
	c.lease.until = time.Now().Add(d)
	c.lease.timer = time.AfterFunc(d, c.lookAtLease)
	c.judgeLease()
}

func (c *connection) lookAtLease() {
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.judgeLease()
}

// judgeLease makes calls see whether the lease is over. Called with the core's mu
// held.
func (c *connection) judgeLease() {
	if over := !time.Now().Before(c.lease.until); over != c.lease.over {
		c.lease.over = over
		if !c.client.closing {
			c.client.changed()
		}
	}
}

// end stops looking.
func (l *lease) end() {
	if l.timer != nil {
		l.timer.Stop()
	}
}

// unwanted reports whether the leases of all connections are over. Called with the
// core's mu held.
func unwanted(list []*connection) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(c *connection) bool { return !c.lease.over })
}
