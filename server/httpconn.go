package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// httpConn is a connection in the hands of net/http.
type httpConn struct {
	replayed
	c       *connection
	once    sync.Once
	sending atomic.Int64 // bytes that are being written

	mu      sync.Mutex
	phase   httpPhase
	drained bool // nothing more is to be read
	serving bool // a request is being answered

	by time.Time // when reading ends at the latest; zero: not bounded as a whole
}

// httpPhase says how far a connection is with its request.
type httpPhase int

const (
	httpWaiting httpPhase = iota // for a request's header to be whole
	httpReading                  // the body
	httpRunning                  // until all of the reply is written
)

// errTaken says that the connection is no longer the reader's.
var errTaken = errors.New("server: taken over")

// takenByHTTP hands the connection to net/http, with the bytes that were read.
func (c *connection) takenByHTTP() error {
	hc := &httpConn{c: c, replayed: replayed{Conn: c.rwc, first: bytes.Clone(c.in.unread())}}
	if d := c.srv.bounds.sniff; c.certless && d > 0 {
		hc.by = time.Now().Add(d)
	}
	if c.tls != nil {
		hc.Conn = c.tls
	}
	c.in.release()
	c.rwc.SetReadDeadline(time.Time{}) // net/http sets its own
	c.http.Store(hc)
	// Asked after hc was made known: drain does it the other way round.
	if c.draining.Load() || !c.srv.http.take(hc) {
		return errDraining
	}
	return errTaken
}

// Read reads, and notes when bytes came.
func (hc *httpConn) Read(b []byte) (int, error) {
	n, err := hc.replayed.Read(b)
	if n > 0 {
		hc.c.touch(time.Now())
	}
	return n, err
}

// Write writes all of b within WriteTimeout without progress.
func (hc *httpConn) Write(b []byte) (int, error) {
	hc.sending.Store(int64(len(b)))
	defer hc.sending.Store(0)
	if hc.c.tls != nil {
		return hc.c.tls.Write(b)
	}
	return hc.c.writeRaw(b, time.Now())
}

// SetWriteDeadline does nothing: Write sees to it.
func (hc *httpConn) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline sets the deadline for reading, unless a drain has ended that:
// net/http must not go on waiting for what will not be run.
func (hc *httpConn) SetReadDeadline(t time.Time) error {
	hc.mu.Lock()
	defer hc.mu.Unlock()
	if hc.drained {
		return nil
	}
	if !hc.by.IsZero() && (t.IsZero() || t.After(hc.by)) {
		t = hc.by
	}
	return hc.Conn.SetReadDeadline(t)
}

// context returns r's context, which hangs on the connection's.
func (hc *httpConn) context(r *http.Request) context.Context { return r.Context() }

// write leaves the time to Write.
func (hc *httpConn) write(w http.ResponseWriter, b []byte) { w.Write(b) }

// invoke runs the handler on the goroutine of the request. If runtime.Goexit ends
// it, the connection ends too.
func (hc *httpConn) invoke(w *worker, m *call) error { return hc.c.invoke(w, m) }

// CloseWrite ends the sending side.
func (hc *httpConn) CloseWrite() error { return hc.c.closeWrite() }

// serve notes that a request is being answered, or is so no more.
func (hc *httpConn) serve(yes bool) {
	hc.mu.Lock()
	defer hc.mu.Unlock()
	hc.serving = yes
}

// Close ends the connection. net/http calls it, perhaps more than once, when no
// request runs any more. It also calls it in the middle of a reply that cannot be
// written: what the request holds counts on, and the connection has ended when
// net/http closes it again behind the request.
func (hc *httpConn) Close() error {
	hc.mu.Lock()
	serving := hc.serving
	hc.mu.Unlock()
	if serving {
		hc.c.cancel(errClientGone)
		hc.c.hangUp()
		return nil
	}
	hc.once.Do(func() {
		hc.c.hangUp()
		hc.c.cancel(errClientGone)
		hc.c.closed(nil)
	})
	return nil
}

// moved follows what net/http does: a reply has been written to the last byte
// when the connection is idle again.
func (hc *httpConn) moved(state http.ConnState) {
	hc.mu.Lock()
	defer hc.mu.Unlock()
	switch state {
	case http.StateActive:
		hc.phase = httpReading
	case http.StateIdle:
		hc.phase = httpWaiting
	}
}

// run reports whether the request, whose body is there, may be answered by a
// call: then a drain waits for it.
func (hc *httpConn) run() bool {
	hc.mu.Lock()
	defer hc.mu.Unlock()
	if hc.c.draining.Load() {
		return false
	}
	hc.phase = httpRunning
	return true
}

// drain ends the connection if no request of it has been read whole.
func (hc *httpConn) drain() {
	hc.mu.Lock()
	defer hc.mu.Unlock()
	switch hc.phase {
	case httpWaiting:
		hc.c.rwc.Close()
	case httpReading:
		hc.drained = true
		hc.Conn.SetReadDeadline(time.Unix(1, 0))
	}
}
