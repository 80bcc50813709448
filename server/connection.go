package server

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
)

// connection is one connection, whatever it speaks. One goroutine at a time
// reads it, cuts the messages and starts the calls; the reading may pass from
// goroutine to goroutine. Any goroutine may complete a call, and whoever
// completes the one whose turn it is writes. The goroutine that reads to the end
// waits for the calls and closes.
type connection struct {
	srv  *Server
	rwc  net.Conn
	tls  *tls.Conn // the session on rwc; nil on a plain connection
	peer mux.Peer
	sess session // nil until the dialect is known
	name string  // the dialect's
	// behindProxy says that a PROXY header has come, opened that the observer
	// knows the connection.
	behindProxy, opened bool
	certless            bool // without the client certificate that is required; see HealthWithoutCert
	ordered             bool // replies leave in the order of the calls

	base   context.Context // for oneways: does not end with the client
	ctx    context.Context // for calls: ends when the client is gone
	cancel context.CancelCauseFunc

	in       input         // of the goroutine that reads
	last     *name         // of the last call, if it is kept; of the goroutine that reads
	lastAsOf uint64        // the generation in which last was looked up
	quick    *batch        // run by runQuick; of the goroutine that reads
	space    int           // how many more calls may be entered; of the goroutine that reads
	lone     atomic.Uint64 // odd while a call runs on the goroutine that reads; see monitor.go
	paused   atomic.Uint64 // odd while there is no room for another call; see room
	seen     [2]uint64     // lone and paused at the monitor's last look; the monitor's own
	onBlock  func()        // yield, made once

	listed   atomic.Bool // in the monitor's list
	left     atomic.Bool // in the workers' list of unsent replies; changed under their lock
	draining atomic.Bool
	ending   atomic.Bool              // inexact is set: no more calls are started
	halfRead atomic.Bool              // the goroutine that reads waits for more of a message
	http     atomic.Pointer[httpConn] // set if net/http serves the connection
	active   atomic.Int64             // when bytes last came, in ns since the server's epoch; 0: never
	sent     atomic.Int64             // the same of when bytes last went
	decoded  atomic.Int64             // bytes of arguments that its calls have decoded; see decoded.go

	mu         sync.Mutex
	changed    sync.Cond   // open, bytes, out or broken changed; only if waiting
	waiting    bool        // the goroutine that reads waits for changed
	long       bool        // the reading has paused for long, and is to watch; see room
	watching   bool        // it reads on only until there is room; see watch
	turning    bool        // the reading waits for all calls; see reorder
	attended   bool        // it reads on only until no call is open; see attend
	ended      bool        // all calls have been answered, though workers may still have bytes to count
	head, tail *call       // open calls in the order of their replies
	multi      multiplexer // sess, if it is one
	open       int         // calls entered and not released
	bytes      int64       // of open calls, and of replies not written
	incoming   int64       // of messages that are not whole, and of calls before they are open
	reported   int64       // what of bytes and incoming the server has counted
	typical    int64       // about how large replies are
	owed       int64       // what of bytes is for the replies of calls that run
	overdrawn  bool        // a reply came while neither the connection nor the server had room for it
	out        conn.Outbox
	broken     error // why nothing more can be written
	inexact    error // why the connection ends behind a call, which is marked as the last
	silenced   bool  // the last reply has been put into the outbox: those behind it are dropped

	writeArmed time.Time // the write deadline that is set; of the writer

	grace *time.Timer // runs from the end of the client's bytes; nil before it; of the goroutine that reads

	done chan struct{} // closed when all has ended
	why  error         // then: nil if by either side's wish
}

func newConnection(s *Server, nc net.Conn) *connection {
	c := &connection{srv: s, rwc: nc, done: make(chan struct{}), ordered: true, space: s.bounds.callsPerConn}
	c.changed.L = &c.mu
	c.peer.Addr, c.peer.Local, c.peer.Cred = nc.RemoteAddr(), nc.LocalAddr(), peerCred(nc)
	c.base = mux.WithPeer(s.ctx, &c.peer)
	c.ctx, c.cancel = context.WithCancelCause(c.base)
	c.onBlock = c.yield
	c.in.init(c)
	return c
}

// do reads the connection until it ends, or until another goroutine has taken
// over the reading.
func (c *connection) do(w *worker) {
	err := c.sniff()
	if err == errTaken {
		return
	}
	if c.sess != nil {
		c.resume(w)
	}
	for err == nil {
		var still bool
		if still, err = c.dispatch(w); !still {
			return
		}
		w.sendUnsent()
		if c.multi != nil {
			if e := c.sendOwn(w); err == nil {
				err = e
			}
		} else if err == nil && c.space <= 0 {
			err = c.room()
		}
		if err == nil {
			w.relax()
			if err = c.in.fill(); err == errNoRoom {
				err = c.shed(w)
			}
		}
	}
	c.finish(w, err)
}

// sendOwn sends the session's own messages, all together, and waits for a client that
// does not read them. If only replies wait, they are left to the goroutines that complete
// calls, which are about to add more.
func (c *connection) sendOwn(w *worker) error {
	c.mu.Lock()
	if !c.multi.hasWord() {
		c.mu.Unlock()
		return nil
	}
	c.settle(w, time.Time{})
	return c.room()
}

// refuse reports that the connection ends at a bound.
func (c *connection) refuse(bound string, err error) error {
	c.srv.refused(&c.peer, bound, err)
	return &mux.Refusal{Bound: bound, Err: err}
}

// drain makes the connection end when what it has read is answered, or what the
// client and the session agree on.
func (c *connection) drain() {
	c.mu.Lock()
	if c.multi == nil || !c.multi.drain() {
		c.mu.Unlock()
		c.stopReading()
		return
	}
	write := c.out.Start()
	c.mu.Unlock()
	if write {
		c.srv.workers.now(flushing{c}) // one client that is slow holds up no other
	}
}

// flushing is the writing of what waits, for who has no time for it.
type flushing struct{ c *connection }

func (f flushing) do(w *worker) { f.c.flush(w, f.c.next(w, 0), time.Time{}) }

// stopReading makes the connection end when what it has read is answered.
func (c *connection) stopReading() {
	c.draining.Store(true)
	if hc := c.http.Load(); hc != nil {
		hc.drain()
		return
	}
	c.rwc.SetReadDeadline(longAgo)
}

// cut ends the connection at once: nothing more is read or written, and the
// contexts of its calls end.
func (c *connection) cut(why error) {
	c.mu.Lock()
	if c.broken == nil {
		c.broken = why
		c.chargeLocked(-c.out.Len())
		c.out.Drop()
		c.dropDoneLocked()
		if c.multi != nil {
			c.multi.drop()
		}
	}
	c.changed.Broadcast()
	c.mu.Unlock()
	c.cancel(why)
	c.rwc.Close()
}
