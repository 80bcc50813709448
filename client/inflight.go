package client

// link puts m behind the calls in flight. Called with mu held.
func (c *connection) link(m *call) {
	c.inFlight.push(m)
	c.load.Add(1)
}

// unlink takes m out of the calls in flight. Called with mu held.
func (c *connection) unlink(m *call) { c.inFlight.remove(m) }

// abandon gives up waiting for m, for the reason why. false means that m has been
// completed, and that its done channel tells so.
func (c *connection) abandon(m *call, why error) bool {
	c.mu.Lock()
	if m.unwritten {
		m.unwritten = false
		c.oneways.remove(m)
		c.mu.Unlock()
		c.client.limits.freeCalls(1)
		return true
	}
	if !c.pending.Abandon(m.id) {
		c.mu.Unlock()
		return false
	}
	c.unlink(m)
	tooMany := c.pending.Abandoned() > c.client.bounds.abandoned
	oneways := c.sendsOnewaysLocked()
	write := false
	if s, ok := c.sess.(canceler); ok {
		before := c.out.Len()
		c.out.Set(s.appendCancel(c.out.Room(callOverhead), m.id, why))
		c.appended += int64(c.out.Len() - before)
		write = c.out.Start()
	}
	c.mu.Unlock()
	c.client.limits.freeCalls(1)
	switch {
	case write:
		c.flush(false)
	case c.client.mode == Exclusive:
		// A serial server would keep the next call waiting for this one.
		if tooMany = oneways; !oneways {
			c.fail(errAbandoned)
		}
	}
	if tooMany {
		c.setAside()
	}
	return true
}
