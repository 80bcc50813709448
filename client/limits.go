package client

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/mux"
)

// Limits bounds what all clients that share it hold together, so that a process
// can say how many sockets and calls it is good for, however many clients and
// goroutines it makes. The zero Limits has the default bounds. The fields must not
// change after the first use, and a Limits must not be copied.
//
// For each field 0 means the default and a negative value means no bound.
type Limits struct {
	// MaxConns bounds the connections, those that are being opened and closed
	// included. Who needs one more gets the place of one that has no calls, or
	// else the oldest is closed when its calls have ended, so that no client
	// keeps the others out. Default 1,000.
	MaxConns int
	// MaxCalls bounds the calls in flight. One more waits, in the order of
	// arrival whichever client it is of. Default 10,000.
	MaxCalls int
	// MaxWaiting bounds the calls that wait for room or for a connection; one
	// more fails as Overloaded at once. Default 10,000.
	MaxWaiting int
	// MaxWaitingBytes bounds the arguments of the calls that wait. Default 64
	// MiB.
	MaxWaitingBytes int

	calls        atomic.Int64
	waiting      atomic.Int64
	waitingBytes atomic.Int64
	queued       atomic.Int64 // the length of the queue
	mu           sync.Mutex
	queue        list.List // of *grant, in the order of arrival
	conns        connPlaces
}

// grant is one wait for a call's place.
type grant struct {
	given chan struct{} // sent to once, when the place has been given
	place *list.Element // in the queue; nil if it is not there
}

// Use is what clients hold of their [Limits].
type Use struct {
	Conns, Calls, Waiting, WaitingBytes int
}

// Use returns what is held now. The numbers may be of slightly different moments.
func (l *Limits) Use() Use {
	return Use{
		Conns:        l.conns.len(),
		Calls:        int(l.calls.Load()),
		Waiting:      int(l.waiting.Load()),
		WaitingBytes: int(l.waitingBytes.Load()),
	}
}

func (l *Limits) maxCalls() int64 { return int64(count(l.MaxCalls, 10_000)) }

// tryCall takes a call's place if there is one and nobody waits for it.
func (l *Limits) tryCall() bool {
	return l.queued.Load() == 0 && l.takePlace()
}

func (l *Limits) takePlace() bool {
	limit := l.maxCalls()
	for {
		n := l.calls.Load()
		if n >= limit {
			return false
		}
		if l.calls.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// awaitCall waits for a call's place until ctx ends or ended is closed.
func (l *Limits) awaitCall(ctx context.Context, ended <-chan struct{}) error {
	g := &grant{given: make(chan struct{}, 1)}
	l.mu.Lock()
	l.pushLocked(g)
	l.hand()
	l.mu.Unlock()
	var err error
	select {
	case <-g.given:
		return nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-ended:
		err = ErrClosed
	}
	if !l.forget(g) {
		<-g.given // it was given meanwhile
		l.freeCalls(1)
	}
	return err
}

// forget takes g out of the queue, and reports false if it is not there.
func (l *Limits) forget(g *grant) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.place == nil {
		return false
	}
	l.removeLocked(g)
	return true
}

// pushLocked puts g behind all others in the queue.
func (l *Limits) pushLocked(g *grant) {
	g.place = l.queue.PushBack(g)
	l.queued.Add(1)
}

// removeLocked takes g out of the queue, in one step wherever it is: when a server
// stops answering, all that wait may give up at once.
func (l *Limits) removeLocked(g *grant) {
	l.queue.Remove(g.place)
	g.place = nil
	l.queued.Add(-1)
}

// freeCalls gives the places of n calls back.
func (l *Limits) freeCalls(n int) {
	l.calls.Add(-int64(n))
	if l.queued.Load() == 0 {
		return
	}
	l.mu.Lock()
	l.hand()
	l.mu.Unlock()
}

// hand gives places to those at the head of the queue while there are some. It
// is called with mu held, after each change that could make it find one: the
// queue's length and the number of calls are both counters that one side sets
// before it looks at the other.
func (l *Limits) hand() {
	for l.queue.Len() > 0 && l.takePlace() {
		g := l.queue.Front().Value.(*grant)
		l.removeLocked(g)
		g.given <- struct{}{}
	}
}

// beginWait counts a call with arguments of size bytes as one that waits.
func (l *Limits) beginWait(size int) error {
	limit, byteLimit := count(l.MaxWaiting, 10_000), count(l.MaxWaitingBytes, 64<<20)
	if n := l.waiting.Add(1); n > int64(limit) {
		l.waiting.Add(-1)
		return overloaded("MaxWaiting", limit, "calls wait")
	}
	if n := l.waitingBytes.Add(int64(size)); n > int64(byteLimit) {
		l.endWait(size)
		return overloaded("MaxWaitingBytes", byteLimit, "bytes of calls wait")
	}
	return nil
}

func (l *Limits) endWait(size int) {
	l.waiting.Add(-1)
	l.waitingBytes.Add(-int64(size))
}

// overloaded is the failure of a call that a bound turns away.
func overloaded(bound string, limit int, what string) *Error {
	return &Error{Code: mux.Overloaded, NotRun: mux.SendAgain, Err: fmt.Errorf("the limit of %d is reached: %s (%s)", limit, what, bound)}
}
