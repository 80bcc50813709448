package client

import (
	"sync"
	"sync/atomic"
)

// line is where calls wait for room, in the order of arrival. Only the one at its
// head looks for room when poked, and has its successor look when it has found
// some, so that who comes later does not get in before. The zero line is empty.
type line struct {
	n    atomic.Int32 // changed with mu held
	mu   sync.Mutex
	head *waiter
	tail *waiter
}

// waiter is one place in a line.
type waiter struct {
	look       chan struct{} // to be at the head, and poked; capacity 1
	prev, next *waiter

	asked bool // for a connection's place, when it last looked; its own
	wants bool // such a place, in a sticky pool; guarded by the mu of the places
}

func newWaiter() *waiter { return &waiter{look: make(chan struct{}, 1)} }

// empty reports whether nobody waits.
func (l *line) empty() bool { return l.n.Load() == 0 }

// enter puts w at the end. If that is the head as well, w is poked: there may be
// room since its caller looked.
func (l *line) enter(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n.Add(1)
	if w.prev = l.tail; w.prev != nil {
		w.prev.next = w
	} else {
		l.head = w
		w.poke()
	}
	l.tail = w
}

// leave takes w out, whatever its place, and pokes the next head.
func (l *line) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		l.tail = w.prev
	}
	if w.prev != nil {
		w.prev.next = w.next
	} else if l.head = w.next; l.head != nil {
		l.head.poke()
	}
	w.prev, w.next = nil, nil
	l.n.Add(-1)
}

// poke has the head look for room.
func (l *line) poke() {
	if l.empty() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.head != nil {
		l.head.poke()
	}
}

// pokeAll has everybody look for room.
func (l *line) pokeAll() {
	if l.empty() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := l.head; w != nil; w = w.next {
		w.poke()
	}
}

func (w *waiter) poke() {
	select {
	case w.look <- struct{}{}:
	default:
	}
}
