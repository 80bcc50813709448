package conn

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// put appends text as the owner of an outbox does.
func put(o *Outbox, text string) {
	o.Set(append(o.Room(len(text)), text...))
}

func TestOutboxGathersWhatWaits(t *testing.T) {
	settled(t)
	var o Outbox
	if o.Start() || o.Len() != 0 || o.Writing() {
		t.Error("an empty outbox has something to write")
	}
	put(&o, "one ")
	put(&o, "two ")
	if !o.Start() || o.Start() || !o.Writing() {
		t.Error("there must be one writer")
	}
	if b := o.Next(); string(b.B) != "one two " {
		t.Errorf("%q", b.B)
	} else {
		put(&o, "three")
		if string(b.B) != "one two " {
			t.Errorf("what is being written became %q", b.B)
		}
		b.Release()
	}
	if o.Start() {
		t.Error("a second writer while the first is not done")
	}
	if b := o.Next(); string(b.B) != "three" || o.Len() != 0 {
		t.Errorf("%q, and %d bytes wait", b.B, o.Len())
	} else {
		b.Release()
	}
	if b := o.Next(); b != nil || o.Writing() {
		t.Errorf("%+v, writing %v, when nothing waits", b, o.Writing())
	}
	put(&o, "four")
	if !o.Start() {
		t.Error("nobody can be the writer any more")
	}
	o.Drop()
}

// TestOutboxWithNothingAppended makes room and appends nothing: there is nothing
// to write, and the room goes back.
func TestOutboxWithNothingAppended(t *testing.T) {
	settled(t)
	var o Outbox
	o.Room(100)
	if o.Start() {
		t.Error("started to write nothing")
	}
	put(&o, "x")
	o.Start()
	o.Next().Release()
	o.Room(100)
	if b := o.Next(); b != nil || o.Writing() {
		t.Errorf("%+v to write", b)
	}
	o.Set(nil)
	if o.Len() != 0 || o.Start() {
		t.Error("nil is something")
	}
	o.Drop()
}

func TestOutboxMakesRoom(t *testing.T) {
	settled(t)
	var o Outbox
	defer o.Drop()
	var want, got strings.Builder
	for _, n := range []int{0, 1, 511, 1, 4000, 100, maxWrite - 5000, 1000, 1 << 20, 10, maxWrite, 5} {
		b := o.Room(n)
		if room := cap(b) - len(b); room < n {
			t.Fatalf("room for %d bytes, want %d", room, n)
		}
		text := strings.Repeat(string(rune('a'+n%26)), n)
		put(&o, text)
		want.WriteString(text)
		if o.Len() != want.Len() || o.Full() != (o.Len() >= maxWrite) {
			t.Fatalf("%d bytes wait, full %v, want %d", o.Len(), o.Full(), want.Len())
		}
	}
	o.Start()
	writes := 0
	for b := o.Next(); b != nil; b = o.Next() {
		got.Write(b.B)
		b.Release()
		writes++
		if o.Len() != want.Len()-got.Len() {
			t.Errorf("%d bytes wait, want %d", o.Len(), want.Len()-got.Len())
		}
	}
	if got.String() != want.String() {
		t.Error("what is to be written is not what was put")
	}
	if writes > 4 {
		t.Errorf("%d writes", writes)
	}
}

// TestOutboxCopiesLittle appends a byte at a time, and 16 KiB at a time.
func TestOutboxCopiesLittle(t *testing.T) {
	for _, size := range []int{1, 16 << 10} {
		settled(t)
		var o Outbox
		copied, last := 0, 0
		text := strings.Repeat("x", size)
		for range 1 << 20 / size {
			if b := o.Room(size); cap(b) != last {
				copied, last = copied+len(b), cap(b)
			}
			put(&o, text)
		}
		if copied > maxWrite { // 512 bytes to 64 KiB, once
			t.Errorf("%d bytes were copied of 1 MiB in pieces of %d", copied, size)
		}
		o.Drop()
	}
}

func TestOutboxDrop(t *testing.T) {
	settled(t)
	var o Outbox
	o.Drop()
	put(&o, "x")
	put(&o, strings.Repeat("x", 3*maxWrite))
	put(&o, "x")
	o.Start()
	o.Drop()
	if !o.Writing() || o.Len() != 0 {
		t.Errorf("writing %v, %d bytes wait", o.Writing(), o.Len())
	}
	if b := o.Next(); b != nil || o.Writing() {
		t.Errorf("%+v left, writing %v", b, o.Writing())
	}
}

// pipe is an outbox with its lock, and what was written of it.
type pipe struct {
	mu      sync.Mutex
	out     Outbox
	writers atomic.Int32
	written bytes.Buffer // only the writer's
	writes  int
}

// send appends a message and writes if nobody else does.
func (p *pipe) send(t *testing.T, msg []byte) {
	p.mu.Lock()
	p.out.Set(append(p.out.Room(len(msg)), msg...))
	write := p.out.Start()
	p.mu.Unlock()
	for write {
		p.mu.Lock()
		b := p.out.Next()
		if b == nil {
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		if p.writers.Add(1) != 1 {
			t.Error("two write at once")
		}
		p.written.Write(b.B)
		p.writes++
		p.writers.Add(-1)
		b.Release()
	}
}

// TestOutboxKeepsTheOrder sends numbered messages from many goroutines: each
// one's arrive whole and in order, none is lost, and one goroutine at a time
// writes, or the race detector complains.
func TestOutboxKeepsTheOrder(t *testing.T) {
	settled(t)
	const senders, messages = 8, 500
	var p pipe
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for n := range messages {
				msg := binary.BigEndian.AppendUint32(nil, uint32(s))
				p.send(t, binary.BigEndian.AppendUint32(msg, uint32(n)))
			}
		})
	}
	wg.Wait()
	if p.out.Len() != 0 || p.out.Writing() {
		t.Errorf("%d bytes were left, writing %v", p.out.Len(), p.out.Writing())
	}
	if got, want := p.written.Len(), senders*messages*8; got != want {
		t.Fatalf("%d bytes in %d writes, want %d", got, p.writes, want)
	}
	var next [senders]uint32
	for p.written.Len() > 0 {
		msg := p.written.Next(8)
		s, n := binary.BigEndian.Uint32(msg), binary.BigEndian.Uint32(msg[4:])
		if s >= senders || n != next[s] {
			t.Fatalf("message %d of %d, want %d", n, s, next[s])
		}
		next[s]++
	}
}

func BenchmarkOutbox(b *testing.B) {
	b.ReportAllocs()
	var o Outbox
	msg := make([]byte, 100)
	for b.Loop() {
		for range 10 {
			o.Set(append(o.Room(len(msg)), msg...))
		}
		if o.Start() {
			for w := o.Next(); w != nil; w = o.Next() {
				w.Release()
			}
		}
	}
}
