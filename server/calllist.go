package server

import "sync"

// maxSpareCalls is how many unused calls a worker keeps.
const maxSpareCalls = 64

// spareCalls are lists of unused calls, linked by next.
var spareCalls = sync.Pool{New: func() any { return new(call) }}

// callList is a worker's own calls that are not used. A worker that cuts a batch
// takes many, one that runs it gives as many back: they change hands in lists,
// since a visit to the shared pool for each would cost as much as reading its
// header.
type callList struct {
	first *call
	n     int // at most; lists from the pool are counted as one
}

// take returns a call with nothing in it.
func (l *callList) take() *call {
	m := l.first
	if m == nil {
		m = spareCalls.Get().(*call)
	}
	l.first, m.next = m.next, nil
	l.n = max(l.n-1, 0)
	return m
}

// give takes a call back, with nothing in it.
func (l *callList) give(m *call) {
	m.next = l.first
	l.first = m
	if l.n++; l.n == maxSpareCalls {
		l.giveAll()
	}
}

// giveAll passes all calls on to whoever needs some.
func (l *callList) giveAll() {
	if l.first != nil {
		spareCalls.Put(l.first)
	}
	l.first, l.n = nil, 0
}
