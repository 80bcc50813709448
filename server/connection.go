package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
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

	base   context.Context // for oneways: does not end with the client
	ctx    context.Context // for calls: ends when the client is gone
	cancel context.CancelCauseFunc

	in      input         // of the goroutine that reads
	ordered bool          // replies leave in the order of the calls
	last    *name         // of the last call, if it is kept; of the goroutine that reads
	space   int           // how many more calls may be entered; of the goroutine that reads
	lone    atomic.Uint64 // odd while a call runs on the goroutine that reads; see monitor.go
	listed  atomic.Bool   // in the monitor's list
	seen    uint64        // lone at the monitor's last look; the monitor's own
	left    bool          // in the workers' list of unsent replies; guarded by their lock
	onBlock func()        // yield, made once

	draining atomic.Bool
	http     atomic.Pointer[httpConn] // set if net/http serves the connection
	active   atomic.Int64             // when bytes last came or went, in ns since the server's epoch; 0: never

	mu         sync.Mutex
	changed    sync.Cond   // open, bytes, out or broken changed; only if waiting
	waiting    bool        // the goroutine that reads waits for changed
	head, tail *call       // open calls in the order of their replies
	multi      multiplexer // sess, if it is one
	open       int         // calls entered and not released
	bytes      int64       // of open calls, and of replies not written
	reported   int64       // what of bytes the server has counted
	out        conn.Outbox
	broken     error // why nothing more can be written

	writeArmed time.Time // the write deadline that is set; of the writer

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
		c.send() // what a reader whose call takes long has left
	}
	for err == nil {
		var still bool
		if still, err = c.dispatch(w); !still {
			return
		}
		w.sendUnsent()
		if c.multi != nil {
			c.mu.Lock()
			c.settle(w, time.Time{}) // sends the session's own messages, all together
		} else if err == nil && c.space <= 0 {
			err = c.room()
		}
		if err == nil {
			w.relax()
			err = c.in.fill()
		}
	}
	c.finish(w, err)
}

// sniff reads until it is known what the connection speaks.
func (c *connection) sniff() error {
	if c.sess != nil {
		return nil
	}
	for {
		o, need, err := wire.Sniff(c.in.unread(), c.srv.bounds.limits)
		if err != nil {
			return c.unknown(err)
		}
		if need > 0 {
			if err := c.in.fill(); err != nil {
				return err
			}
			continue
		}
		if takeOff, ok := layers[o.Dialect]; ok {
			if err := takeOff(c); err != nil {
				return err
			}
			continue
		}
		if err := c.checkTLS(); err != nil {
			return err
		}
		if c.srv.disabled(o) {
			return c.unknown(fmt.Errorf("server: %s is switched off (Disable)", dialectName(o.Dialect, o.Protocol)))
		}
		d, ok := dialects[o.Dialect]
		if !ok {
			return c.unknown(fmt.Errorf("server: %v is not served", o.Dialect))
		}
		c.ordered = !d.byID
		c.name = d.name
		c.peer.Dialect = dialectName(o.Dialect, o.Protocol)
		if d.open != nil {
			c.sess = d.open(c, o)
		}
		c.mu.Lock()
		c.multi, _ = c.sess.(multiplexer)
		c.mu.Unlock()
		c.in.known()
		c.opened = true
		if f := c.srv.Observer.Opened; f != nil {
			f(&c.peer)
		}
		if d.take != nil {
			return d.take(c)
		}
		return nil
	}
}

// unknown is the end of a connection whose first bytes fit no dialect.
func (c *connection) unknown(err error) error {
	first := c.in.unread()
	err = fmt.Errorf("server: first bytes % x: %w", first[:min(len(first), 16)], err)
	if guess := wire.Guess(first); guess != "" {
		err = fmt.Errorf("%w (%s)", err, guess)
	}
	return c.refuse("dialect", err)
}

// refuse reports that the connection ends at a bound.
func (c *connection) refuse(bound string, err error) error {
	c.srv.refused(&c.peer, bound, err)
	return &mux.Refusal{Bound: bound, Err: err}
}

// room waits until the bounds of the connection allow another call.
func (c *connection) room() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := &c.srv.bounds
	c.waiting = true
	for c.broken == nil && (c.open >= b.callsPerConn || c.bytes >= b.connBytes) {
		c.changed.Wait()
	}
	c.waiting, c.space = false, b.callsPerConn-c.open
	return c.broken
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

func (f flushing) do(*worker) { f.c.flush(f.c.next(0), time.Time{}) }

// stopReading makes the connection end when what it has read is answered.
func (c *connection) stopReading() {
	c.draining.Store(true)
	if hc := c.http.Load(); hc != nil {
		hc.drain()
		return
	}
	c.rwc.SetReadDeadline(time.Unix(1, 0))
}

// cut ends the connection at once: nothing more is read or written, and the
// contexts of its calls end.
func (c *connection) cut(why error) {
	c.mu.Lock()
	if c.broken == nil {
		c.broken = why
		c.charge(-c.out.Len())
		c.out.Drop()
	}
	c.changed.Broadcast()
	c.mu.Unlock()
	c.cancel(why)
	c.rwc.Close()
}

// write writes b to the client. Only the outbox's writer calls it.
func (c *connection) write(b []byte, now time.Time) error {
	if c.tls != nil {
		_, err := c.tls.Write(b)
		return err
	}
	_, err := c.writeRaw(b, now)
	return err
}

// writeSteps is in how many steps WriteTimeout is counted.
const writeSteps = 4

// writeRaw writes b to the socket. It fails when the client has taken nothing
// for WriteTimeout.
func (c *connection) writeRaw(b []byte, now time.Time) (written int, err error) {
	step := c.srv.bounds.write / writeSteps
	for idle := 0; ; now = time.Now() {
		if step > 0 && c.writeArmed.Sub(now) < step/2 {
			// Set anew only now and then: it costs more than it seems.
			c.writeArmed = now.Add(step)
			c.rwc.SetWriteDeadline(c.writeArmed)
		}
		c.touch(now)
		n, err := c.rwc.Write(b)
		written += n
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		if b = b[n:]; n > 0 {
			idle = 0
		} else if idle++; idle == writeSteps {
			return written, err
		}
	}
}

// finish ends the connection when reading is over, for the reason err. It waits
// for the calls that run and for their replies to be written.
func (c *connection) finish(w *worker, err error) {
	c.in.release()
	w.relax()
	if c.multi != nil {
		c.multi.ended()
		if !errors.Is(err, errDraining) {
			c.cancel(errClientGone)
		}
	}
	why := err
	switch {
	case err == io.EOF:
		// The client may only have ended its own side, and wait for replies.
		if d := c.srv.bounds.grace; d > 0 {
			grace := time.AfterFunc(d, func() { c.cancel(errClientGone) })
			defer grace.Stop()
		}
		c.settled()
		why = c.brokenBy()
	case errors.Is(err, errDraining):
		c.settled()
		c.linger()
		why = c.brokenBy()
	case errors.Is(err, errIdle):
		c.settled()
		why = nil
	case c.brokenBy() != nil || isReset(err):
		c.cut(err)
		c.settled()
		why = c.brokenBy()
	default:
		// Bytes that make no sense, or come too slowly or not at all any more.
		c.settled()
		c.linger()
	}
	c.hangUp()
	c.cancel(errClientGone)
	c.closed(why)
}

// hangUp closes the connection, and says so first in a TLS session.
func (c *connection) hangUp() {
	if c.tls != nil {
		c.tls.Close()
		return
	}
	c.rwc.Close()
}

var errClientGone = &mux.Error{Code: mux.Canceled, Message: "the client is gone"}

// settled waits until every call has ended and every reply is written.
func (c *connection) settled() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = true
	for c.open > 0 || c.out.Writing() {
		c.changed.Wait()
	}
}

func (c *connection) brokenBy() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// closed reports the end of the connection. Nothing of it runs any more.
func (c *connection) closed(why error) {
	c.mu.Lock()
	c.report()
	c.mu.Unlock()
	if isReset(why) && !c.opened || errors.Is(why, ErrServerClosed) {
		why = nil // a health check; or our own wish
	}
	var refused *mux.Refusal
	if why != nil && !errors.As(why, &refused) {
		c.srv.log.Warn("server: connection ended", "peer", c.peer.String(), "dialect", c.peer.Dialect, "err", why)
	}
	if f := c.srv.Observer.Closed; f != nil && c.opened {
		f(&c.peer, why)
	}
	c.why = why
	c.srv.removeConn(c)
	close(c.done)
}

// isReset reports whether err says that the other end has broken the connection
// off.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// touch notes that bytes came or went.
func (c *connection) touch(now time.Time) { c.active.Store(int64(now.Sub(c.srv.epoch))) }

// lastActive returns when bytes last came or went, the server's start if never.
func (c *connection) lastActive() time.Time {
	return c.srv.epoch.Add(time.Duration(c.active.Load()))
}

// linger closes the sending side and reads on for a while, so that the last
// replies reach a client that is still sending: closing with unread bytes would
// reset the connection and destroy them.
func (c *connection) linger() {
	if c.active.Load() == 0 || time.Since(c.lastActive()) > lingerTime {
		return
	}
	if c.closeWrite() != nil || c.rwc.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	io.CopyN(io.Discard, c.rwc, lingerBytes)
}

// closeWrite ends the sending side, and says so first in a TLS session.
func (c *connection) closeWrite() error {
	half, ok := c.rwc.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	if c.tls != nil {
		c.tls.CloseWrite()
	}
	return half.CloseWrite()
}

// A connection that was active in the last lingerTime lingers for as long at the
// most, or for lingerBytes.
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 32 << 20
)
