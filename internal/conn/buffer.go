package conn

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// Buffers of 512 bytes to 1 MiB are pooled, one pool for each power of two. A
// larger one is made for its use and left to the collector, so that one huge
// message does not pin memory.
const (
	minShift = 9
	maxShift = 20
	unpooled = -1
)

var (
	pools       [maxShift - minShift + 1]sync.Pool
	outstanding atomic.Int64
)

// counting says that buffers are counted. All connections would write to the count
// several times a call, so only tests have it.
var counting bool

// Count has buffers counted. It is for tests, which call it before any is taken.
func Count() { counting = true }

// Outstanding returns the number of buffers taken and not yet given back by their
// last holder, in the whole process. It is 0 when no connection holds data. It
// panics without Count.
func Outstanding() int64 {
	if !counting {
		panic("conn: buffers are not counted")
	}
	return outstanding.Load()
}

func count(n int64) {
	if counting {
		outstanding.Add(n)
	}
}

// Buffer is memory with a count of its holders. The last one to release it gives
// it back.
type Buffer struct {
	// B is the contents; its capacity is all there is.
	B []byte

	holders atomic.Int32
	pool    int8
	next    *Buffer // the one behind it in an Outbox
}

// Take returns an empty buffer with one holder and room for at least size bytes.
func Take(size int) *Buffer {
	count(1)
	shift := max(bits.Len(uint(max(size, 1)-1)), minShift)
	if shift > maxShift {
		b := &Buffer{B: make([]byte, 0, size), pool: unpooled}
		b.holders.Store(1)
		return b
	}
	i := shift - minShift
	if b, _ := pools[i].Get().(*Buffer); b != nil {
		return b // its count is still 1
	}
	b := &Buffer{B: make([]byte, 0, 1<<shift), pool: int8(i)}
	b.holders.Store(1)
	return b
}

// Wrap returns a buffer with one holder whose contents and memory are b. The
// memory is not pooled.
func Wrap(b []byte) *Buffer {
	count(1)
	w := &Buffer{B: b, pool: unpooled}
	w.holders.Store(1)
	return w
}

// Hold adds n holders. The caller must be one.
func (b *Buffer) Hold(n int) { b.holders.Add(int32(n)) }

// Release takes away one holder. The last one must not touch b afterwards.
// Releasing a nil buffer does nothing.
func (b *Buffer) Release() { b.ReleaseN(1) }

// ReleaseN takes away n holders, all of them the caller's.
func (b *Buffer) ReleaseN(n int) {
	// Nobody can join if all holders leave, and the count can stay as it is.
	if b == nil || int(b.holders.Load()) > n && b.holders.Add(int32(-n)) > 0 {
		return
	}
	count(-1)
	if b.pool == unpooled || cap(b.B) != 1<<(b.pool+minShift) {
		return // too large to keep, or outgrown by an append
	}
	b.B = b.B[:0]
	if b.holders.Load() != 1 {
		b.holders.Store(1)
	}
	pools[b.pool].Put(b)
}

// Grow returns a buffer with the contents of b and room for at least size bytes
// in all. It is b itself if that has the room; otherwise the caller's hold has
// moved to the new one.
func (b *Buffer) Grow(size int) *Buffer {
	if cap(b.B) >= size {
		return b
	}
	n := Take(size)
	n.B = append(n.B, b.B...)
	b.Release()
	return n
}
