package conn

// Outbox gathers what is to be written to a connection, so that whatever is ready
// leaves in few writes. It has no lock of its own: the mutex of its owner guards
// it. The pattern is
//
//	lock; b := append(box.Room(n), ...); box.Set(b); write := box.Start(); unlock
//	if write: for { lock; b := box.Next(); unlock; if b == nil { break }; write b; b.Release() }
//
// so that one goroutine at a time writes, while the others only append.
type Outbox struct {
	first, last *Buffer // full ones, linked by next
	full        int     // bytes in them
	pending     *Buffer // behind them
	writing     bool
	expect      int // bytes that were handed to the writer last: as many may wait again
	inHand      int // bytes that the writer writes
}

// maxWrite is from where on a buffer is full. One that must hold more in one piece
// is larger; none grows beyond it by many pieces, since all that is in it would be
// copied.
const maxWrite = 64 << 10

// Room makes room for about n more bytes, and returns the bytes behind which they
// are to be appended: not always all that wait. See Set.
func (o *Outbox) Room(n int) []byte {
	if p := o.pending; p != nil && len(p.B)+n > cap(p.B) {
		if len(p.B) >= maxWrite/2 {
			o.push()
		} else {
			o.pending = p.Grow(max(len(p.B)+n, 2*cap(p.B)))
		}
	}
	if o.pending == nil {
		o.pending = Take(max(n, o.expect))
	}
	return o.pending.B
}

// push makes what is pending the last of the full buffers.
func (o *Outbox) push() {
	p := o.pending
	if o.pending = nil; o.last == nil {
		o.first = p
	} else {
		o.last.next = p
	}
	o.last = p
	o.full += len(p.B)
	o.expect = maxWrite
}

// Set keeps b, which is what Room returned with more appended, or with all of that
// taken off again. Nothing else may happen to the Outbox in between.
func (o *Outbox) Set(b []byte) {
	if o.pending == nil {
		o.pending = Take(0)
	}
	o.pending.B = b
}

// Len returns the number of bytes that wait and that nobody writes yet.
func (o *Outbox) Len() int {
	if o.pending == nil {
		return o.full
	}
	return o.full + len(o.pending.B)
}

// Unsent returns the number of bytes that wait, with those that are being written.
func (o *Outbox) Unsent() int { return o.Len() + o.inHand }

// Full reports whether there is enough for a write of its own.
func (o *Outbox) Full() bool { return o.Len() >= maxWrite }

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

// Next hands the bytes that are to be written first to the writer, who releases
// them once written. It returns nil if nothing waits: the caller is the writer no
// more.
func (o *Outbox) Next() *Buffer {
	b := o.first
	if b != nil {
		if o.first = b.next; o.first == nil {
			o.last = nil
		}
		b.next = nil
		o.full -= len(b.B)
		o.inHand = len(b.B)
		return b
	}
	b = o.pending
	o.pending = nil
	if b != nil && len(b.B) == 0 {
		b.Release()
		b = nil
	}
	if b == nil {
		o.writing, o.inHand = false, 0
	} else {
		o.inHand = len(b.B)
		o.expect = min(o.inHand, maxWrite)
	}
	return b
}

// Drop forgets what waits, for a connection that is broken.
func (o *Outbox) Drop() {
	for b := o.first; b != nil; b = o.first {
		o.first, b.next = b.next, nil
		b.Release()
	}
	o.last, o.full = nil, 0
	o.pending.Release()
	o.pending = nil
}
