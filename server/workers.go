package server

import (
	"sync"

	"github.com/oneport-thrift/oneport/internal/conn"
)

// maxIdleWorkers is how many goroutines without a job are kept for the next one.
const maxIdleWorkers = 256

// A job is what a worker does: a call to run, or a connection to read.
type job interface{ do(w *worker) }

// workers is the set of goroutines that run everything. Jobs wait in a queue in
// the order in which they came, and the number of goroutines follows the number
// of jobs that block. It is bounded by its users: MaxCalls calls and one reader
// for each connection. The zero workers is ready.
type workers struct {
	mu     sync.Mutex
	queue  batchQueue
	idle   []*worker     // the last one to have worked is the first to be woken
	waking bool          // somebody has been woken for the queue and is not there yet
	unsent []*connection // those whose replies a worker has left while it runs another call
	closed bool
}

// worker is one goroutine of the set.
type worker struct {
	set  *workers
	wake chan job // what to do first; nil means to look at the queue

	// running is the call whose handler runs, for the case that runtime.Goexit
	// ends the goroutine.
	running *call

	scratch *conn.Buffer // for the reply of the call that runs; nil while idle
	room    int          // of the next one: about as much as the last replies took
	cut     []*call      // of the connection that is read, to become a batch
	calls   callList     // that are not used
	from    *batch       // whose calls w runs; nil if none's

	// leaves says when w may leave a reply in the outbox, since it is about to
	// run another call of the same connection; unsent is where it did, sending
	// what it sends for others.
	leaves  leaving
	lone    uint64 // the connection's count while w runs quick calls of it
	unsent  *connection
	sending []*connection
	kept    keptReplies // of unsent, that are not in the outbox yet
}

// add puts calls into the queue.
func (s *workers) add(b *batch) {
	s.mu.Lock()
	s.queue.push(b)
	w, need := s.pick(true)
	s.mu.Unlock()
	if need {
		s.start(w, nil)
	}
}

// release ends one use of b.
func (s *workers) release(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.release()
}

// now starts one job at once, whatever waits.
func (s *workers) now(j job) {
	s.mu.Lock()
	w := s.popIdle()
	s.mu.Unlock()
	s.start(w, j)
}

// start wakes w, or a new worker if w is nil, for j.
func (s *workers) start(w *worker, j job) {
	if w == nil {
		w = &worker{set: s, wake: make(chan job, 1)}
		go w.run()
	}
	w.wake <- j
}

// pick decides whether somebody has to be woken for the queue if there is reason
// to, and whom; need with a nil worker means a new one. At most one is on its way
// at a time: it finds more work when it arrives, and wakes the next. A wake-up a
// job would cost more than most jobs do. Called with mu held.
func (s *workers) pick(reason bool) (w *worker, need bool) {
	if s.waking || !reason {
		return nil, false
	}
	s.waking = true
	return s.popIdle(), true
}

// popIdle returns the worker that became idle last, or nil. Called with mu held.
func (s *workers) popIdle() *worker {
	n := len(s.idle) - 1
	if n < 0 {
		return nil
	}
	w := s.idle[n]
	s.idle[n], s.idle = nil, s.idle[:n]
	return w
}

// close ends the idle workers, and the others when they become idle.
func (s *workers) close() {
	s.mu.Lock()
	s.closed = true
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, w := range idle {
		close(w.wake)
	}
}

// run is the goroutine. It ends when the set has idle workers enough or is
// closed, or when a handler calls runtime.Goexit.
func (w *worker) run() {
	defer w.exited()
	for {
		j, ok := <-w.wake
		if !ok {
			return
		}
		if j != nil {
			w.do(j)
		}
		w.leaves = whileOpen
		for m := w.take(j == nil); m != nil; m = w.take(false) {
			w.do(m)
		}
		w.leaves = never
		w.relax()
		if !w.set.rest(w) {
			return
		}
	}
}

// relax gives up the memory that w keeps from call to call, before it waits.
func (w *worker) relax() {
	w.scratch.Release()
	w.scratch = nil
	w.kept.drop()
	w.calls.giveAll()
}

func (w *worker) do(j job) {
	j.do(w)
	w.running = nil
}

// take returns the next call, or nil if none waits. Calls of the batch that w is
// at are claimed without the lock; with it, w sees to it that somebody is on the
// way for the calls that it leaves, and that replies which were left are sent:
// before w runs a call of another connection or none, and by the next worker that
// arrives, in case the call that w runs now takes long. arrived says that w was
// woken for the queue. A call that has been claimed does not wait for a client
// that takes its replies slowly.
func (w *worker) take(arrived bool) *call {
	s := w.set
	for ; ; arrived = false {
		if m := w.from.claim(); m != nil {
			if c := w.unsent; c != nil && !c.left.Load() {
				s.list(c)
			}
			return m
		}
		s.mu.Lock()
		if arrived {
			s.waking = false
		}
		w.from.release()
		w.from = nil
		b := s.queue.first()
		if arrived || b == nil {
			w.sending = s.takeUnsent(w.sending)
		}
		sends := len(w.sending) > 0 || w.unsent != nil && (b == nil || b.conn != w.unsent)
		if b != nil && !sends {
			w.from = b
			b.users++
		}
		next, need := s.pick(b != nil && (sends || b.left() > 1 || s.queue.n > 1))
		s.mu.Unlock()
		if need {
			s.start(next, nil)
		}
		switch {
		case sends:
			w.sendUnsent()
			w.send()
		case b == nil:
			return nil
		}
	}
}

// list lists connections whose replies wait while a call of theirs runs, and sees to
// it that somebody comes to send them.
func (s *workers) list(conns ...*connection) {
	s.mu.Lock()
	for _, c := range conns {
		if !c.left.Swap(true) {
			s.unsent = append(s.unsent, c)
		}
	}
	w, need := s.pick(true)
	s.mu.Unlock()
	if need {
		s.start(w, nil)
	}
}

// takeUnsent moves what list has listed to conns. Called with mu held.
func (s *workers) takeUnsent(conns []*connection) []*connection {
	conns = append(conns, s.unsent...)
	for _, c := range s.unsent {
		c.left.Store(false)
	}
	clear(s.unsent)
	s.unsent = s.unsent[:0]
	return conns
}

// leaving is when a worker leaves a reply for the next write.
type leaving int

const (
	never     leaving = iota
	whileOpen         // while other calls of the connection are open
	always            // while the worker runs quick calls and reads on
)

// sendUnsent sends the replies that w has left, if any.
func (w *worker) sendUnsent() {
	if c := w.unsent; c != nil {
		w.unsent = nil
		c.send(w, w.kept.counted())
	}
}

// send sends the replies that were left on w.sending.
func (w *worker) send() {
	for len(w.sending) > 0 {
		last := len(w.sending) - 1
		c := w.sending[last]
		w.sending[last], w.sending = nil, w.sending[:last]
		c.send(w, 0)
	}
}

// passOn gives up those on w.sending before w writes to another client, which may be
// slow.
func (w *worker) passOn() {
	if len(w.sending) > 0 {
		w.set.list(w.sending...)
		clear(w.sending)
		w.sending = w.sending[:0]
	}
}

// rest makes w idle. It returns false if w is to end.
func (s *workers) rest(w *worker) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue.first() != nil {
		// A call came between take and rest.
		s.waking = true
		w.wake <- nil
		return true
	}
	if s.closed || len(s.idle) >= maxIdleWorkers {
		return false
	}
	s.idle = append(s.idle, w)
	return true
}

// exited runs when the goroutine ends. If that was in the middle of a call, by
// runtime.Goexit, the call is answered and its connection read on by another.
func (w *worker) exited() {
	var reading *connection
	if m := w.running; m != nil {
		reading = m.exited(w)
	}
	w.sendUnsent()
	w.relax()
	if w.from != nil {
		w.set.release(w.from)
	}
	if reading != nil {
		w.set.now(reading)
	}
}
