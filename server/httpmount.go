package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/oneport-thrift/oneport/mux"
)

// HTTPHandler returns a handler of calls to mount in a server of the user's own
// with package net/http, at whatever path, over HTTP/1.1 or HTTP/2:
//
//	web := http.NewServeMux()
//	web.Handle("/thrift", srv.HTTPHandler())
//
// It answers POST requests as the server's own connections do, and preflights of
// Origins; to anything else it says 405, also to questions for /healthz and
// /readyz. Calls pass the same filters and count in MaxCalls and MaxBytes.
// MaxMessageSize, MaxNameLen, MaxDepth, MaxHeaderBytes, MaxCallTime, Hosts and
// Origins hold, and MessageTimeout and WriteTimeout as far as the other server's
// http.ResponseController can set deadlines; ReadTimeout of the other server holds
// if it is shorter, and WriteTimeout of the other server if it is set. Bounds and
// fields of connections do not hold, MaxConns and TLSConfig among them, nor does
// Disable: the connections are the other server's, and Observer is not told of them.
//
// The call's context is the request's with a Peer, made from RemoteAddr and TLS of
// the request. Shutdown waits for the calls whose body has been read, and refuses
// others with 503; Close ends the contexts of all. Neither ends the other server.
//
// HTTPHandler panics with the error that Serve would return if a field is wrong.
// The Server need not serve listeners of its own.
func (s *Server) HTTPHandler() http.Handler {
	if err := s.start(); err != nil {
		panic(err)
	}
	return http.HandlerFunc(s.serveMounted)
}

// serveMounted answers a request that came by a server of the user's own.
func (s *Server) serveMounted(w http.ResponseWriter, r *http.Request) {
	m := s.newMounted(w, r)
	defer m.cancel(nil)
	if !s.addMounted(m) {
		m.drain() // net/http would wait for the body before it sends the answer
		http.Error(w, "draining; the call was not run", http.StatusServiceUnavailable)
		return
	}
	defer s.removeMounted(m)
	x := &exchange{srv: s, c: m.c, source: m, w: w, r: r}
	x.limitReading()
	if n := headerWeight(x.fields()); n > s.bounds.headerBytes {
		err := fmt.Errorf("server: headers of %d bytes are over the limit of %d (MaxHeaderBytes)", n, s.bounds.headerBytes)
		x.refuse(http.StatusRequestHeaderFieldsTooLarge, "MaxHeaderBytes", err, err.Error())
		return
	}
	x.serve()
}

// mounted is a request that came by a server of the user's own. Shutdown and Close
// know it until it is answered.
type mounted struct {
	c       *connection // made for this request, without a socket
	control *http.ResponseController
	limits  bool // the other server has no WriteTimeout
	cancel  context.CancelCauseFunc

	mu      sync.Mutex // held to use control, which must not be used after the request
	running bool       // the body has been read
	stopped bool       // nothing more is to be read
	cut     bool       // nor written
	over    bool
}

func (s *Server) newMounted(w http.ResponseWriter, r *http.Request) *mounted {
	c := &connection{srv: s, name: "http"}
	c.peer = mux.Peer{Addr: remoteAddr(r.RemoteAddr), TLS: r.TLS, Dialect: "http"}
	c.peer.Local, _ = r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	c.base = mux.WithPeer(lasting{s.ctx, context.WithoutCancel(r.Context())}, &c.peer)
	c.ctx, c.cancel = context.WithCancelCause(mux.WithPeer(r.Context(), &c.peer))
	hs, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	return &mounted{c: c, control: http.NewResponseController(w), limits: hs == nil || hs.WriteTimeout <= 0, cancel: c.cancel}
}

// lasting is the context of a oneway call: it ends with the server and not with the
// request, whose values it has.
type lasting struct {
	context.Context
	values context.Context
}

// Value asks the request first.
func (l lasting) Value(key any) any {
	if v := l.values.Value(key); v != nil {
		return v
	}
	return l.Context.Value(key)
}

// remoteAddr returns the address that a request came from, which may have been set
// by a handler of the user's.
func remoteAddr(s string) net.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return net.TCPAddrFromAddrPort(ap)
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))
	}
	return &net.UnixAddr{Name: s, Net: "unix"}
}

// addMounted makes m one of the requests that Shutdown waits for. It reports false
// if the server ends.
func (s *Server) addMounted(m *mounted) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != serving {
		return false
	}
	if s.mounted == nil {
		s.mounted = make(map[*mounted]struct{})
	}
	s.mounted[m] = struct{}{}
	return true
}

func (s *Server) removeMounted(m *mounted) {
	m.mu.Lock()
	m.over = true
	m.mu.Unlock()
	m.c.mu.Lock()
	m.c.giveBackLocked()
	m.c.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mounted, m)
	s.lastGoneLocked()
}

// run reports whether the request may be run.
func (m *mounted) run() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped {
		return false
	}
	m.running = true
	return true
}

// drain has the request refused if its body is still being read.
func (m *mounted) drain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running || m.over || m.stopped {
		return
	}
	m.stopped = true
	m.c.draining.Store(true)
	m.control.SetReadDeadline(longAgo)
}

// end ends the call's context, and stops reading and writing where the other server
// allows that.
func (m *mounted) end() {
	m.drain()
	m.cancel(ErrServerClosed)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.over {
		m.cut = true
		m.control.SetWriteDeadline(longAgo)
	}
}

// SetReadDeadline sets the deadline for reading, unless a drain has ended that.
func (m *mounted) SetReadDeadline(t time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped {
		return nil
	}
	return m.control.SetReadDeadline(t)
}

// context returns a context of the request's that Close ends too.
func (m *mounted) context(*http.Request) context.Context { return m.c.ctx }

// limitWriting gives the next piece of a reply WriteTimeout.
func (m *mounted) limitWriting() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.c.srv.bounds.write; d > 0 && m.limits && !m.cut {
		m.control.SetWriteDeadline(time.Now().Add(d))
	}
}

// write writes b in pieces, each within WriteTimeout.
func (m *mounted) write(w http.ResponseWriter, b []byte) {
	for len(b) > 0 {
		m.limitWriting()
		n, err := w.Write(b[:min(len(b), maxRead)])
		if err != nil {
			return
		}
		b = b[n:]
	}
}

// invoke runs the handler on a goroutine of its own, so that one that calls
// runtime.Goexit does not end the request, and with it perhaps the connection.
func (m *mounted) invoke(w *worker, c *call) error {
	err := mux.ErrGoexit
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = c.conn.invoke(w, c)
	}()
	<-done
	return err
}
