package server

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"syscall"
	"time"
)

// Shutdown ends the server without losing a call: it closes the listeners, stops
// reading, answers every call that was read, and closes each connection when its
// last reply has been sent, an idle one at once. Requests to HTTPHandler whose body
// has been read are waited for too. What clients have sent and the server has not
// read is never run. If ctx ends first, the rest is cut as in
// Close, and Shutdown returns ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.start(); err != nil {
		return err
	}
	s.draining.Store(true)
	if d := s.DrainDelay; d > 0 {
		s.delay(ctx, d)
	}
	gone := s.end(draining)
	select {
	case <-gone:
		s.stopped()
		return nil
	case <-ctx.Done():
		s.Close()
		return ctx.Err()
	}
}

// Draining reports whether Shutdown or Close has been called. GET /readyz is
// answered accordingly.
func (s *Server) Draining() bool { return s.draining.Load() }

// delay waits for d, or until ctx or the server ends.
func (s *Server) delay(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
}

// Close ends the server at once: listeners and connections are closed, and the
// contexts of all calls end. It does not wait for handlers.
func (s *Server) Close() error {
	if err := s.start(); err != nil {
		return err
	}
	s.draining.Store(true)
	s.end(closed)
	s.stopped()
	return nil
}

// end moves the server on to phase p. What it returns is closed when no
// connection and no mounted request is left.
func (s *Server) end(p phase) <-chan struct{} {
	s.mu.Lock()
	s.phase = max(s.phase, p)
	for l := range s.listeners {
		l.Close()
	}
	gone := s.gone
	if gone == nil {
		gone = make(chan struct{})
		if s.idleLocked() {
			close(gone)
		} else {
			s.gone = gone
		}
	}
	conns := make([]*connection, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	requests := slices.Collect(maps.Keys(s.mounted))
	s.mu.Unlock()
	for _, c := range conns {
		if p == closed {
			c.cut(ErrServerClosed)
		} else {
			c.drain()
		}
	}
	for _, m := range requests {
		if p == closed {
			m.end()
		} else {
			m.drain()
		}
	}
	// After the connections know: net/http closes one that it takes for idle although
	// the next request is just being read, which then must not be run.
	s.http.drain()
	return gone
}

// idleLocked reports whether no connection and no mounted request is left.
func (s *Server) idleLocked() bool { return len(s.conns) == 0 && len(s.mounted) == 0 }

// lastGoneLocked tells Shutdown if what has just ended was the last.
func (s *Server) lastGoneLocked() {
	if s.idleLocked() && s.phase != serving && s.gone != nil {
		close(s.gone)
		s.gone = nil
	}
}

// stopped lets go of what the server holds beside its connections.
func (s *Server) stopped() {
	s.cancel(ErrServerClosed)
	s.http.close()
	s.workers.close()
}

// ending reports whether Shutdown or Close has been called.
func (s *Server) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase != serving
}

// pause waits for d, and reports false if the server ends meanwhile.
func (s *Server) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return !s.ending()
	case <-s.ctx.Done():
		return false
	}
}

// temporary reports whether a failed accept says nothing of the next one: the
// connection went away before it was accepted, or the process or the system is
// short of descriptors or memory.
func temporary(err error) bool {
	for _, e := range []error{syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EINTR,
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
