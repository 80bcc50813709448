package client

import (
	"math/rand/v2"
	"time"
)

// failedLocked notes a sign of failure, and reports whether it counts as a failure. Many
// signs of one event count once: when a server crashes, all connections to it are
// lost and all dials to it fail, at once or one after the other. So a sign counts
// only if it belongs to a dial that was started, or to a connection that was opened,
// after the last failure that counted. began is the node's count of events at that
// moment. The core's mu must be held.
func (n *Node) failedLocked(err error, began uint64) bool {
	n.err = err
	if began != n.events {
		return false
	}
	n.events++
	n.fails++
	n.failing.Store(true)
	n.penalty.add(time.Now())
	return true
}

// refused notes that the server refused m. Refusals are signs of one state of the
// server as well: a refusal counts if its call was sent after the last refusal that
// counted.
func (n *Node) refused(m *call) {
	if n.refusals.CompareAndSwap(m.refusals, m.refusals+1) {
		n.penalty.add(time.Now())
	}
}

// rest keeps the node from being dialed for a while: longer for each failure, and
// each time another, so that clients that lost a server together do not come back
// together. Called with the core's mu held.
func (n *Node) rest(failures int) {
	wait := n.wait(failures)
	if wait <= 0 {
		return
	}
	n.down = true
	if n.timer != nil {
		n.timer.Stop()
	}
	n.timer = time.AfterFunc(wait, n.up)
}

// wait returns how long the node is left alone after so many failures.
func (n *Node) wait(failures int) time.Duration {
	b := &n.client.bounds
	wait := b.minWait
	for range failures - 1 {
		if wait *= 2; wait >= b.maxWait {
			break
		}
	}
	wait = min(wait, b.maxWait)
	return wait - time.Duration(rand.Float64()*float64(wait)/2)
}

// up lets the node be tried again.
func (n *Node) up() {
	c := n.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || n.gone {
		return
	}
	n.down, n.timer = false, nil
	c.changed()
}

// answered notes that the endpoint has answered a call.
func (n *Node) answered() {
	if !n.failing.Load() {
		return
	}
	n.client.mu.Lock()
	defer n.client.mu.Unlock()
	n.fails = 0
	n.failing.Store(false)
	n.probing.Store(false)
}

// leave ends the node: it gets no more calls, and its connections close when
// theirs have ended. Called with the core's mu held.
func (n *Node) leave() {
	n.gone = true
	if n.timer != nil {
		n.timer.Stop()
	}
	for _, o := range n.connections() {
		o.retire()
	}
}
