package server

import (
	"sync"
	"time"
)

// monitorTick is how often the monitor looks at the calls that run on the
// goroutines that read, and at pauses of the reading. At a millisecond it would
// cost a tenth of a core.
const monitorTick = 20 * time.Millisecond

// monitor gives the reading of a connection to another goroutine when the call
// that runs on the reading one takes long: then a departed client is noticed,
// and the next call starts. It ticks only while there are such calls. A call
// costs it nothing but a look at a flag; being taken over needlessly is harmless.
//
// A connection's lone count is odd while such a call runs. Whoever moves it on
// from there owns the reading: the goroutine that ran the call when it is done,
// the monitor when it sees the same odd count twice, or the handler that says it
// will block.
//
// A paused count that it sees twice is that of a reading that waits for room, and
// that it has watch the client from then on.
type monitor struct {
	takeOver func(job)
	done     <-chan struct{} // closed when the server has ended

	mu    sync.Mutex
	conns []*connection // those with such a call, or a pause, since the last tick but one
	on    bool          // the goroutine runs
}

// add lists c, and starts the goroutine if it does not run. It ends by itself
// when nothing is listed, and with the server.
func (o *monitor) add(c *connection) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.listed.Swap(true) {
		return
	}
	o.conns = append(o.conns, c)
	if !o.on {
		o.on = true
		go o.run()
	}
}

func (o *monitor) run() {
	t := time.NewTicker(monitorTick)
	defer t.Stop()
	for {
		ended := false
		select {
		case <-t.C:
		case <-o.done:
			ended = true
		}
		o.mu.Lock()
		o.look()
		if len(o.conns) == 0 || ended {
			o.conns = nil
			o.on = false
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
	}
}

// look takes over what has run since the last look, has long pauses watched, and
// drops the connections that ran nothing. Called with mu held.
func (o *monitor) look() {
	kept := o.conns[:0]
	for _, c := range o.conns {
		now := c.counts()
		same := now == c.seen
		c.seen = now
		switch n := now[0]; {
		case !same:
		case n&1 == 1:
			if c.lone.CompareAndSwap(n, n+1) {
				o.takeOver(c)
			}
		default:
			if now[1]&1 == 1 {
				c.stir(now[1])
			}
			// Idle for a tick, or knowing by itself. A call or a pause that
			// starts now either sees the flag down, or is seen here.
			c.listed.Store(false)
			if c.counts() == now || c.listed.Swap(true) {
				continue
			}
		}
		kept = append(kept, c)
	}
	clear(o.conns[len(kept):])
	o.conns = kept
}

// counts returns what tells the monitor that something has begun or ended.
func (c *connection) counts() [2]uint64 { return [2]uint64{c.lone.Load(), c.paused.Load()} }

// yield frees the reading for another goroutine if the call that asks runs on
// the reading one; see mux.Request.WillBlock.
func (c *connection) yield() {
	if n := c.lone.Load(); n&1 == 1 && c.lone.CompareAndSwap(n, n+1) {
		c.srv.workers.now(c)
	}
}
