package server

import (
	"sync"
	"sync/atomic"
)

// batch is calls of one connection that were handed over together, in the order
// in which they came. Workers claim them one by one, without a lock: most calls
// take less time than a visit to one that others want too.
type batch struct {
	conn  *connection
	calls []*call
	next  atomic.Int32 // of calls; more than there are if all are claimed
	users int          // workers that claim from it, and the queue; guarded by their lock
}

var spareBatches = sync.Pool{New: func() any { return new(batch) }}

// newBatch returns a batch of calls, and empty memory for the next one's.
func newBatch(c *connection, calls []*call) (b *batch, spare []*call) {
	b = spareBatches.Get().(*batch)
	spare = b.calls
	b.conn, b.calls = c, calls
	b.next.Store(0)
	return b, spare
}

// claim returns a call that nobody else runs, or nil if there is none. A nil batch
// has none.
func (b *batch) claim() *call {
	if b == nil {
		return nil
	}
	if i := int(b.next.Add(1)) - 1; i < len(b.calls) {
		return b.calls[i]
	}
	return nil
}

// left returns how many calls are not claimed.
func (b *batch) left() int { return max(len(b.calls)-int(b.next.Load()), 0) }

// release ends one use of b, which is nil or has one. Called with the workers' lock
// held.
func (b *batch) release() {
	if b == nil {
		return
	}
	if b.users--; b.users > 0 {
		return
	}
	clear(b.calls)
	b.conn, b.calls = nil, b.calls[:0]
	spareBatches.Put(b)
}
