package client

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/mux"
)

// Node is an endpoint as balancers see it. Its methods may be called
// concurrently.
type Node struct {
	client   *core
	endpoint Endpoint
	conns    [len(protocols)]atomic.Pointer[[]*connection] // open ones; replaced with the core's mu held
	penalty  penalty
	refusals atomic.Uint32 // refused calls that were counted; see refused
	failing  atomic.Bool   // fails is not 0
	probing  atomic.Bool   // one call at a time, until one is answered
	plain    atomic.Bool   // it does not negotiate ThriftMux; see Client.Negotiate

	// Guarded by the core's mu:
	dialing [len(protocols)]int
	events  uint64      // failures that were counted, ever; see failed
	fails   int         // in a row
	down    bool        // not to be dialed, until timer fires
	timer   *time.Timer // nil if it is not down
	gone    bool        // no endpoint of the target any more
	err     error       // the last failure
}

// Endpoint returns the endpoint.
func (n *Node) Endpoint() Endpoint { return n.endpoint }

// InFlight returns the number of calls in flight to the endpoint from this client.
func (n *Node) InFlight() int {
	total := 0
	for i := range n.conns {
		if list := n.conns[i].Load(); list != nil {
			for _, c := range *list {
				total += int(c.load.Load())
			}
		}
	}
	return total
}

// Load returns InFlight and a penalty for recent failures, which fades.
func (n *Node) Load() float64 { return float64(n.InFlight()) + n.penalty.now() }

// list returns the open connections in p's protocol.
func (n *Node) list(p *pool) []*connection {
	if list := n.conns[p.index].Load(); list != nil {
		return *list
	}
	return nil
}

// connections returns all open connections.
func (n *Node) connections() []*connection {
	var all []*connection
	for _, p := range n.client.pools {
		all = append(all, n.list(p)...)
	}
	return all
}

// start puts a call on one of the node's connections, or has another opened.
func (n *Node) start(p *pool, m *call, req *mux.Request, w *waiter) (bool, error) {
	seen := n.conns[p.index].Load()
	var list []*connection
	if seen != nil {
		list = *seen
	}
	if len(list) == 1 && n.client.mode == Pipelined {
		if ok, err := list[0].start(m, req); ok || err != nil {
			return ok, err
		}
	} else if len(list) > 0 {
		if ok, err := n.choose(p, seen, m, req, w); ok || err != nil {
			return ok, err
		}
	}
	n.grow(p, seen, w)
	return false, nil
}

// choose puts a call on the best of the connections that were seen: the one with the fewest
// calls, or with Adaptive one that no slow call holds up.
func (n *Node) choose(p *pool, seen *[]*connection, m *call, req *mux.Request, w *waiter) (bool, error) {
	list := *seen
	var best *connection
	young := false
	if n.client.mode == Adaptive {
		m.at = time.Now()
	}
	for _, c := range list {
		if c.phase() != open {
			continue
		}
		y := n.client.mode != Adaptive || c.young(m.at)
		if best == nil || y && !young || y == young && c.load.Load() < best.load.Load() {
			best, young = c, y
		}
	}
	if best == nil {
		return false, nil
	}
	if !young && n.grow(p, seen, w) && !n.client.config.FailFast {
		return false, nil // it is worth waiting for the new one
	}
	if ok, err := best.start(m, req); ok || err != nil {
		return ok, err
	}
	for _, c := range list {
		if c == best {
			continue
		}
		if ok, err := c.start(m, req); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// grow begins to open another connection if that is within the bounds, and if the
// connections are still those that a caller has seen without finding room. It
// reports whether waiting is worth while: one is being opened, or has been.
func (n *Node) grow(p *pool, seen *[]*connection, w *waiter) bool {
	c := n.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.conns[p.index].Load() != seen {
		p.look() // there may be room by now
		return true
	}
	dialing := n.dialing[p.index]
	if c.closing || n.gone || n.down {
		return dialing > 0
	}
	have := dialing
	for _, o := range n.list(p) {
		if o.phase() == open {
			have++
		}
	}
	if have >= c.bounds.conns || dialing > 0 && dialing >= int(p.line.n.Load()) {
		return dialing > 0
	}
	if !c.limits.conns.take(p, count(c.limits.MaxConns, defaultConns), w) {
		return dialing > 0
	}
	n.dialing[p.index]++
	c.conns++
	go n.connect(p, n.events) // until the connection has ended; Close waits for it
	return true
}

// connect opens a connection and then reads it until it ends. began is the node's
// count of events when it was started.
func (n *Node) connect(p *pool, began uint64) {
	c := n.client
	nc, err := n.dial()
	c.mu.Lock()
	n.dialing[p.index]--
	switch {
	case err != nil:
	case c.inUseLocked(nc):
		err = errors.New("DialContext returned a connection that is in use")
	case c.closing || n.gone:
		nc.Close()
		err = errRetired
	}
	if err != nil {
		c.limits.conns.free()
		counted := n.undialedLocked(err, began)
		c.connGone()
		c.mu.Unlock()
		if counted {
			c.watcher.Refresh()
		}
		return
	}
	o := newConnection(n, p, nc)
	o.began = n.events
	list := append(slices.Clone(n.list(p)), o)
	n.conns[p.index].Store(&list)
	c.live[o] = struct{}{}
	c.limits.conns.opened(o)
	c.changed()
	c.mu.Unlock()
	if f := c.config.Observer.Opened; f != nil {
		f(&o.peer)
	}
	o.reader.run()
}

// undialedLocked notes that a connection could not be opened, and reports whether that
// counts as a failure of its own. The core's mu must be held.
func (n *Node) undialedLocked(err error, began uint64) bool {
	if n.gone || n.client.closing {
		return false
	}
	counted := n.failedLocked(err, began)
	if counted {
		n.rest(n.fails)
	}
	n.client.changed() // a call that waits may have another dial started
	return counted
}

// lostLocked notes that a connection has failed. If that is the EjectAfter-th
// failure in a row, or one more, the node rests.
func (n *Node) lostLocked(o *connection, why error) {
	if n.gone || n.client.closing || !n.failedLocked(why, o.began) {
		return
	}
	if over := n.fails - n.client.bounds.eject; over >= 0 {
		n.probing.Store(true)
		n.rest(over + 1)
	}
}

// ended is called when a connection has ended, with nothing of it left running.
func (n *Node) ended(o *connection) {
	c := n.client
	why := o.reason()
	if f := c.config.Observer.Closed; f != nil {
		f(&o.peer, why)
	}
	c.mu.Lock()
	o.lease.end()
	list := slices.DeleteFunc(slices.Clone(n.list(o.pool)), func(have *connection) bool { return have == o })
	n.conns[o.pool.index].Store(&list)
	delete(c.live, o)
	c.sent += o.started
	before := n.events
	if why != nil {
		n.lostLocked(o, why)
	}
	n.setAsideLocked(o.pool) // there may be one fewer that is retired
	counted := n.events != before
	// Its place is free before anybody looks for one, or Close returns.
	c.limits.conns.closed(o)
	if !c.closing {
		c.changed()
	}
	c.connGone()
	c.mu.Unlock()
	if counted {
		c.watcher.Refresh()
	}
}
