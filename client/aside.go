package client

// setAsideLocked retires p's connections on which too many calls are given up and
// unanswered, so that others can be opened in their place: such a connection takes
// no more calls, and those in flight are waited for. It leaves at most as many
// retired ones as may be open. The others stay open and take no calls until they
// have been answered enough, or stall. It reports whether it retired any. The lock is
// the core's mu.
func (n *Node) setAsideLocked(p *pool) (some bool) {
	aside := 0
	for _, o := range n.list(p) {
		if o.aside.Load() && o.phase() != dead {
			aside++
		}
	}
	for _, o := range n.list(p) {
		if aside >= n.client.bounds.conns {
			break
		}
		if o.phase() != open || !o.forsaken() {
			continue
		}
		aside, some = aside+1, true
		o.aside.Store(true)
		if n.client.mode != Exclusive { // there it is the way in which each abandoned call ends
			n.lostLocked(o, errTooManyAbandoned)
		}
		o.retire()
	}
	return some
}

// forsaken reports whether too many calls of the connection are given up and
// unanswered: more than MaxAbandoned, or any if a server cannot run another call
// before it.
func (c *connection) forsaken() bool {
	limit := c.client.bounds.abandoned
	if c.client.mode == Exclusive && c.multi == nil {
		limit = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending.Abandoned() > limit
}

// setAside retires the connections of c's pool that are forsaken, c among them, as
// many as may be.
func (c *connection) setAside() {
	core, n := c.client, c.node
	core.mu.Lock()
	before := n.events
	some := n.setAsideLocked(c.pool)
	counted := n.events != before
	if some && !core.closing {
		core.changed() // calls may have another connection opened
	}
	core.mu.Unlock()
	if counted {
		core.watcher.Refresh()
	}
}

// sendsOnewaysLocked reports whether callers wait for oneway calls to be sent.
func (c *connection) sendsOnewaysLocked() bool { return c.oneways.first != nil }
