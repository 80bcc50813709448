package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
)

const (
	// gather is how many bytes are worth a write of their own, whoever is about
	// to join it.
	gather = 32 << 10
	// flushes is how many writes a caller makes for others before it leaves the
	// rest to the writer.
	flushes = 4
	// maxRecord is about what a TLS session sends in a piece.
	maxRecord = 16 << 10
)

// writer is the sending side of a connection. The outbox says who may use it: one
// caller at a time, or the goroutine that waits for the system when it does not
// take more, or that does all the writing on connections which know no other way.
type writer struct {
	c    *connection
	out  conn.Writer
	rest *conn.Buffer // what the goroutine is to write first; handed over with mu of work held
	at   int          // from here on

	work  sync.Cond
	lock  sync.Mutex
	ready bool          // there is work
	done  chan struct{} // closed when the goroutine has ended; nil if there was none
	armed time.Time     // the write deadline that is set
}

func (w *writer) init(c *connection) {
	w.c = c
	w.work.L = &w.lock
	c.direct = w.out.Init(c.rwc)
}

// flush writes what waits until nothing does. The caller is the outbox's writer,
// and is so no more when flush returns. others says that other calls are in
// flight, whose callers may have calls for the same write.
func (c *connection) flush(others bool) {
	w := &c.writer
	if !c.direct {
		w.handOver(nil, 0)
		return
	}
	if others {
		runtime.Gosched()
	}
	n := 0
	for range flushes {
		b := c.nextWrite(n)
		if b == nil {
			return
		}
		var err error
		n, err = w.out.Write(b.B)
		if err != nil {
			b.Release()
			c.unwritable(n, err)
			return
		}
		if n < len(b.B) {
			c.wrote(n)
			w.handOver(b, n)
			return
		}
		b.Release()
	}
	c.wrote(n)
	w.handOver(nil, 0)
}

// nextWrite notes that n bytes more have been written and returns those that are
// next. With nil the caller is the outbox's writer no more.
func (c *connection) nextWrite(n int) *conn.Buffer {
	c.mu.Lock()
	c.advance(n)
	full := c.out.Len() >= c.client.bounds.connBytes
	b := c.out.Next()
	if b != nil {
		c.sending = c.written + int64(len(b.B))
	}
	over := b == nil && c.over()
	c.mu.Unlock()
	if full {
		c.pool.look() // there is room again, and perhaps no reply that would say so
	}
	if over {
		c.fail(errRetired)
	}
	return b
}

// wrote notes that n bytes more have been written.
func (c *connection) wrote(n int) {
	c.mu.Lock()
	c.advance(n)
	c.mu.Unlock()
}

// advance counts bytes that were written, and completes the oneways that are
// among them. Called with mu held.
func (c *connection) advance(n int) {
	c.written += int64(n)
	done := 0
	for m := c.oneways.first; m != nil && m.to <= c.written; m = c.oneways.first {
		c.oneways.remove(m)
		m.unwritten = false
		m.done <- struct{}{}
		done++
	}
	if done > 0 {
		c.client.limits.freeCalls(done)
	}
}

// unwritable ends the connection after a write that failed, of which the system
// has taken n bytes. That is true of sockets only: a TLS session does not tell
// what it has sent, so that all of the write may be.
func (c *connection) unwritable(n int, err error) {
	c.mu.Lock()
	if c.direct {
		c.advance(n)
		c.sending = c.written
	}
	c.mu.Unlock()
	c.fail(err)
}

// handOver leaves the writing to the goroutine: b from at on, then what waits.
func (w *writer) handOver(b *conn.Buffer, at int) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.c.phase() == dead {
		b.Release()
		return
	}
	w.rest, w.at, w.ready = b, at, true
	if w.done == nil {
		w.done = make(chan struct{})
		go w.run() // until the connection is dead; its reader waits for it
		return
	}
	w.work.Signal()
}

// end waits for the goroutine of a connection that is dead.
func (w *writer) end() {
	w.lock.Lock()
	done := w.done
	w.work.Signal()
	w.lock.Unlock()
	if done != nil {
		<-done
	}
}

func (w *writer) run() {
	defer close(w.done)
	for {
		w.lock.Lock()
		for !w.ready && w.c.phase() != dead {
			w.work.Wait()
		}
		ready, b, at := w.ready, w.rest, w.at
		w.ready, w.rest = false, nil
		w.lock.Unlock()
		if !ready {
			return
		}
		w.drain(b, at)
	}
}

// drain writes b from at on, and then what waits until nothing does.
func (w *writer) drain(b *conn.Buffer, at int) {
	if b == nil {
		b = w.c.nextWrite(0)
	}
	for b != nil {
		n, err := w.write(b.B[at:])
		b.Release()
		if err != nil {
			w.c.unwritable(n, err)
			n = 0
		}
		at = 0
		b = w.c.nextWrite(n)
	}
}

// write writes all of b, and returns how much the system has taken. It fails when
// that has been nothing for WriteTimeout, which may be cut short by a quarter. A
// write of a TLS session cannot go on once its deadline has passed, so there each
// piece has that time.
func (w *writer) write(b []byte) (int, error) {
	limit, piece := w.c.client.bounds.write, len(b)
	if _, ok := w.c.rwc.(*tls.Conn); ok {
		piece = maxRecord
	}
	for done := 0; ; {
		if w.c.phase() == dead {
			return done, errEnded
		}
		if now := time.Now(); limit > 0 && w.armed.Sub(now) < limit-limit/4 {
			w.armed = now.Add(limit)
			w.c.rwc.SetWriteDeadline(w.armed)
		}
		n, err := w.c.rwc.Write(b[done:min(len(b), done+piece)])
		done += n
		switch {
		case err == nil && done < len(b):
			continue
		case err == nil, !errors.Is(err, os.ErrDeadlineExceeded):
			return done, err
		case n == 0:
			return done, fmt.Errorf("the server has taken no byte for %v (WriteTimeout): %w", limit, err)
		}
	}
}
