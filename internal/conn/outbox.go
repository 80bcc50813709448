package conn

// Outbox gathers what is to be written to a connection, so that whatever is ready
// leaves in one write. It has no lock of its own: the mutex of its owner guards
// it. The pattern is
//
//	lock; box.Room(n) and append to box.Pending; write := box.Start(); unlock
//	if write: for { lock; b := box.Next(); unlock; if b == nil { break }; write b; b.Release() }
//
// so that one goroutine at a time writes, while the others only append.
type Outbox struct {
	pending *Buffer
	writing bool
	last    int // bytes that were handed to the writer last: as many may wait again
}

// Room makes room for about n more bytes behind those pending.
func (o *Outbox) Room(n int) {
	if o.pending == nil {
		o.pending = Take(max(n, o.last))
		return
	}
	if need := len(o.pending.B) + n; need > cap(o.pending.B) {
		o.pending = o.pending.Grow(max(need, 2*cap(o.pending.B)))
	}
}

// Pending returns the bytes that wait, to be appended to; see Set.
func (o *Outbox) Pending() []byte {
	if o.pending == nil {
		return nil
	}
	return o.pending.B
}

// Set keeps b, which is Pending with more appended, as the bytes that wait.
func (o *Outbox) Set(b []byte) {
	if o.pending == nil {
		o.pending = Take(0)
	}
	o.pending.B = b
}

// Len returns the number of bytes that wait and that nobody writes yet.
func (o *Outbox) Len() int {
	if o.pending == nil {
		return 0
	}
	return len(o.pending.B)
}

// Start makes the caller the writer, and reports whether it did: not if nothing
// waits or somebody writes already.
func (o *Outbox) Start() bool {
	if o.writing || o.Len() == 0 {
		return false
	}
	o.writing = true
	return true
}

// Writing reports whether somebody is the writer.
func (o *Outbox) Writing() bool { return o.writing }

// Next hands the waiting bytes to the writer, which releases them once written.
// It returns nil if nothing waits: the caller is the writer no more.
func (o *Outbox) Next() *Buffer {
	b := o.pending
	o.pending = nil
	if b != nil && len(b.B) == 0 {
		b.Release()
		b = nil
	}
	if b == nil {
		o.writing = false
	} else {
		o.last = min(len(b.B), maxExpected)
	}
	return b
}

// maxExpected bounds the memory taken because as much was needed the last time.
const maxExpected = 64 << 10

// Drop forgets what waits, for a connection that is broken.
func (o *Outbox) Drop() {
	o.pending.Release()
	o.pending = nil
}
