package server

// runQuick runs the calls that were cut, all of which are quick, on the goroutine
// that reads. It claims them from a batch as workers do: if one breaks the promise
// and waits, whoever takes over the reading gives the others to the workers.
func (c *connection) runQuick(w *worker) (still bool) {
	b := c.enterCut(w)
	if b == nil {
		return true
	}
	b.users = 2 // w, and who takes over, whichever is through first
	c.quick = b
	n := c.beginLone()
	w.leaves, w.lone = always, n
	// Asked before each, so that no reply waits for a call that the one who took
	// over knows nothing of.
	for c.lone.Load() == n {
		m := b.claim()
		if m == nil {
			break
		}
		m.lone = n
		err := c.invokeLone(w, m)
		m.lone = 0
		c.answer(w, m, err)
	}
	w.leaves = never
	if still = c.lone.CompareAndSwap(n, n+1); still {
		c.quick = nil
		b.users = 1 // nobody else has seen it
	}
	c.srv.workers.release(b)
	return still
}

// resume is the beginning of reading after another goroutine, which may be in a
// long call and have left replies, and quick calls.
func (c *connection) resume(w *worker) {
	if b := c.quick; b != nil {
		c.quick = nil
		c.srv.workers.add(b)
		c.srv.workers.release(b)
	}
	c.send(w, 0)
}
