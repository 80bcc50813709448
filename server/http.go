package server

import (
	"context"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// httpFront runs net/http for the connections of a server that speak HTTP. It is
// the listener that net/http accepts them from. It starts with the first one.
type httpFront struct {
	mu      sync.Mutex
	srv     *http.Server // nil: not started
	stopped bool
	conns   chan *httpConn
	stop    chan struct{} // closed by close
	ended   chan struct{} // closed when net/http accepts no more
}

// take passes hc to net/http, which closes it in the end. It reports false if
// the front is closed.
func (f *httpFront) take(hc *httpConn) bool {
	if !f.start(hc.c.srv) {
		return false
	}
	select {
	case f.conns <- hc:
		return true
	case <-f.stop:
		return false
	}
}

func (f *httpFront) start(s *Server) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped || f.srv != nil {
		return !f.stopped
	}
	f.srv = s.newHTTPServer()
	f.conns, f.stop, f.ended = make(chan *httpConn), make(chan struct{}), make(chan struct{})
	go func() { // close waits for it
		defer close(f.ended)
		f.srv.Serve(f)
	}()
	return true
}

// newHTTPServer returns the server that net/http is to be: the bounds are those
// of s, and what a bound of its own would log twice is left out.
func (s *Server) newHTTPServer() *http.Server {
	only1 := new(http.Protocols)
	only1.SetHTTP1(true)
	return &http.Server{
		Handler:                      http.HandlerFunc(s.serveHTTP),
		ReadHeaderTimeout:            s.bounds.partial,
		IdleTimeout:                  s.bounds.idle,
		MaxHeaderBytes:               s.bounds.headerBytes,
		ErrorLog:                     log.New(httpLog{s}, "", 0),
		BaseContext:                  func(net.Listener) context.Context { return s.ctx },
		ConnContext:                  httpContext,
		ConnState:                    func(nc net.Conn, state http.ConnState) { nc.(*httpConn).moved(state) },
		DisableGeneralOptionsHandler: true,
		Protocols:                    only1,
	}
}

// httpLog is the log of net/http. It writes a line a second, since clients can cause
// any number.
type httpLog struct{ srv *Server }

func (l httpLog) Write(line []byte) (int, error) {
	if n, ok := l.srv.load.mayLog("http", time.Now()); ok {
		l.srv.log.Warn("server: net/http", "err", text.Message(strings.TrimSpace(string(line))), "unlogged", n)
	}
	return len(line), nil
}

type httpConnKey struct{}

// httpContext is the context of a connection's requests.
func httpContext(ctx context.Context, nc net.Conn) context.Context {
	hc := nc.(*httpConn)
	return context.WithValue(mux.WithPeer(ctx, &hc.c.peer), httpConnKey{}, hc)
}

// drain makes every connection end with the request it is at, the idle ones at
// once.
func (f *httpFront) drain() {
	f.mu.Lock()
	srv := f.srv
	f.mu.Unlock()
	if srv != nil {
		srv.SetKeepAlivesEnabled(false)
	}
}

// close ends the goroutine that accepts. The connections are not its business.
func (f *httpFront) close() {
	f.mu.Lock()
	first := !f.stopped
	f.stopped = true
	started := f.srv != nil
	f.mu.Unlock()
	if started && first {
		close(f.stop)
	}
	if started {
		<-f.ended
	}
}

// Accept returns the next connection that was found to speak HTTP.
func (f *httpFront) Accept() (net.Conn, error) {
	select {
	case hc := <-f.conns:
		return hc, nil
	case <-f.stop:
		return nil, net.ErrClosed
	}
}

// Close does nothing: see close.
func (f *httpFront) Close() error { return nil }

// Addr returns an address that nobody can connect to.
func (f *httpFront) Addr() net.Addr { return &net.UnixAddr{Name: "http", Net: "unix"} }
