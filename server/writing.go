package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
)

// send writes the replies that were left, unless somebody does. kept is how many
// bytes of them w has kept and not counted.
func (c *connection) send(w *worker, kept int) {
	c.mu.Lock()
	c.chargeLocked(kept)
	c.release(w)
	write, others := c.out.Start(), c.open > 0
	c.unlock()
	if !write {
		return
	}
	w.passOn()
	if others {
		// Calls that are about to end get to add their replies to this write.
		runtime.Gosched()
	}
	c.flush(w, c.next(w, 0), time.Time{})
}

// flush writes b, and what waits until nothing does. The caller is the outbox's
// writer.
func (c *connection) flush(w *worker, b *conn.Buffer, now time.Time) {
	for b != nil {
		if now.IsZero() {
			now = time.Now()
		}
		if err := c.write(b.B, now); err != nil {
			c.cut(fmt.Errorf("server: write: %w", err))
		}
		n := len(b.B)
		b.Release()
		b, now = c.next(w, n), time.Time{}
	}
}

// next returns what is to be written after written bytes have been; nil ends the
// writing.
func (c *connection) next(w *worker, written int) *conn.Buffer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chargeLocked(-written)
	c.release(w)
	if c.multi != nil {
		c.multi.refill(written)
	}
	b := c.out.Next()
	if c.waiting || c.attended {
		c.tell()
	}
	return b
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
// for WriteTimeout. The deadline may also be moved to the past by poke, so that
// what the client has taken becomes known.
func (c *connection) writeRaw(b []byte, now time.Time) (written int, err error) {
	if _, ok := c.rwc.(*tls.Conn); ok {
		return c.writeRecords(b)
	}
	limit := c.srv.bounds.write
	step := limit / writeSteps
	for last := now; ; {
		if step > 0 && c.writeArmed.Sub(now) < step/2 {
			// Set anew only now and then: it costs more than it seems.
			c.writeArmed = now.Add(step)
			c.rwc.SetWriteDeadline(c.writeArmed)
		}
		n, err := c.rwc.Write(b)
		written += n
		if n > 0 {
			c.touchSent(now)
		}
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		b = b[n:]
		now = time.Now()
		if n > 0 {
			last = now
		} else if limit > 0 && now.Sub(last) >= limit-step/2 {
			return written, err
		}
		c.writeArmed = time.Time{}
		if step == 0 {
			c.rwc.SetWriteDeadline(time.Time{})
		}
	}
}

// poke interrupts a write that waits for the client, so that what it has taken so far
// becomes known. A session of a listener that speaks TLS by itself would not survive
// that; there it becomes known record by record. Any goroutine may call it.
func (c *connection) poke() {
	if _, ok := c.rwc.(*tls.Conn); !ok {
		c.rwc.SetWriteDeadline(longAgo)
	}
}

// maxRecord is about what a TLS session sends in a piece.
const maxRecord = 16 << 10

// writeRecords writes b to a session of a listener that speaks TLS by itself. A
// write of such a one cannot go on once its deadline has passed, nor tell how far it
// has come, so each piece has the whole of WriteTimeout.
func (c *connection) writeRecords(b []byte) (written int, err error) {
	for err == nil && written < len(b) {
		now := time.Now()
		if d := c.srv.bounds.write; d > 0 {
			c.rwc.SetWriteDeadline(now.Add(d))
		}
		var n int
		n, err = c.rwc.Write(b[written:min(len(b), written+maxRecord)])
		if written += n; n > 0 {
			c.touchSent(now)
		}
	}
	return written, err
}

// touch notes that bytes came.
func (c *connection) touch(now time.Time) { c.active.Store(int64(now.Sub(c.srv.epoch))) }

// touchSent notes that bytes went, in a write that began at a time.
func (c *connection) touchSent(now time.Time) { c.sent.Store(int64(now.Sub(c.srv.epoch))) }

// lastActive returns when bytes last came or went, the server's start if never.
func (c *connection) lastActive() time.Time {
	return c.srv.epoch.Add(time.Duration(max(c.active.Load(), c.sent.Load())))
}
