package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// mediaTypes are the content types of calls. The first, which the Apache
// runtimes send for all, says nothing of the protocol: the first byte tells.
var mediaTypes = map[string]wire.Protocol{
	"application/x-thrift":                  0,
	"application/vnd.apache.thrift.binary":  wire.Binary,
	"application/vnd.apache.thrift.compact": wire.Compact,
	"application/vnd.apache.thrift.json":    wire.JSON,
}

// serveHTTP answers a request on one of the server's own connections: a call, or a
// question of a balancer.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	hc := r.Context().Value(httpConnKey{}).(*httpConn)
	hc.serve(true)
	defer hc.serve(false)
	x := &exchange{srv: s, c: hc.c, source: hc, w: w, r: r}
	// net/http reads on after a refusal, to keep the connection.
	x.limitReading()
	health := isHealth(r)
	switch {
	case hc.c.certless && !health:
		w.Header().Set("Connection", "close")
		x.refuse(http.StatusForbidden, "TLSConfig", errNoCert, "a client certificate is required")
	case health:
		if hc.c.certless {
			w.Header().Set("Connection", "close")
		}
		s.serveHealth(w, r.URL.Path)
	default:
		x.serve()
	}
}

// exchange is one HTTP request that is no question about the server's health, and
// its answer.
type exchange struct {
	srv    *Server
	c      *connection // holds the peer and the contexts of the call
	source httpSource
	w      http.ResponseWriter
	r      *http.Request

	header mux.Header // r's headers; nil until fields is called
}

// fields returns the header of the request.
func (x *exchange) fields() mux.Header {
	if x.header == nil {
		x.header = httpFields(x.r)
	}
	return x.header
}

// httpSource is what a request came by: a connection of the server's own, or a
// server of the user's that the handler is mounted in.
type httpSource interface {
	// run reports whether the request, whose body has been read, may be run.
	// Shutdown waits for it from then on.
	run() bool
	SetReadDeadline(t time.Time) error
	// context returns that of the call in r, unless it is oneway.
	context(r *http.Request) context.Context
	// write writes a reply's body, within WriteTimeout without progress.
	write(w http.ResponseWriter, b []byte)
	// invoke runs the call's handler.
	invoke(w *worker, m *call) error
}

// limitReading sets the time by which all of the request must have come.
func (x *exchange) limitReading() {
	d := x.srv.bounds.partial
	// A mounted handler keeps to the shorter of the two servers' bounds.
	if hs, ok := x.r.Context().Value(http.ServerContextKey).(*http.Server); ok && hs.ReadTimeout > 0 && (d == 0 || hs.ReadTimeout < d) {
		d = hs.ReadTimeout
	}
	if d > 0 {
		x.source.SetReadDeadline(time.Now().Add(d))
	}
}

// serve answers the request. Hosts and Origins come before anything else.
func (x *exchange) serve() {
	rules := &x.srv.rules
	switch {
	case !rules.servesHost(x.r.Host):
		x.refuse(http.StatusMisdirectedRequest, "Hosts",
			fmt.Errorf("server: HTTP request for host %s, which is not in Hosts", quoted(x.r.Host)),
			"this host is not served here (Hosts)")
	case rules.isPreflight(x.r):
		x.preflight()
	case x.r.Method == http.MethodPost:
		x.post()
	default:
		x.w.Header().Set("Allow", http.MethodPost)
		http.Error(x.w, "a call is a POST", http.StatusMethodNotAllowed)
	}
}

// refuse answers a request that a rule turns away, and reports it.
func (x *exchange) refuse(status int, bound string, err error, text string) {
	x.srv.refused(&x.c.peer, bound, err)
	http.Error(x.w, text, status)
}

// post answers a call. What comes to nothing that Thrift has a form for is
// answered with the status that says so.
func (x *exchange) post() {
	s, r := x.srv, x.r
	if !s.rules.mayCall(r) {
		// A page of another site can make its visitor's browser post.
		x.refuseOrigin()
		return
	}
	s.rules.allowOrigin(x.w.Header(), r)
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	protocol, known := mediaTypes[media]
	if !known {
		x.w.Header().Set("Accept-Post", "application/x-thrift")
		http.Error(x.w, "not a Thrift content type", http.StatusUnsupportedMediaType)
		return
	}
	zipped, known := contentEncoding(r.Header)
	if !known {
		x.w.Header().Set("Accept-Encoding", "gzip")
		http.Error(x.w, "the content encoding is neither gzip nor identity", http.StatusUnsupportedMediaType)
		return
	}
	work := &worker{set: &s.workers}
	defer work.relax()
	m := newCall(work, x.c)
	defer m.free(work)
	err := x.readBody(m)
	if err == nil && zipped {
		err = s.gunzip(m)
	}
	if err == nil && !x.source.run() {
		err = errDraining
	}
	if err != nil {
		x.badBody(err)
		return
	}
	x.source.SetReadDeadline(time.Time{}) // what waits for the client's end now has all the time
	m.req.Received = time.Now()
	m.req.Header, m.req.ReplyHeader = x.fields(), true
	if zipped {
		m.req.Header.Del("content-encoding") // Body is what was inside
		m.req.Header.Del("content-length")
	}
	m.count(headerWeight(m.req.Header))
	m.ctx = x.source.context(r)
	x.call(work, m, media, protocol)
}

// count has the connection count n more bytes for m, until m is given up.
func (m *call) count(n int) {
	m.own += n
	m.conn.chargeIncoming(n)
}

// readBody reads the body into m. The server counts its bytes as they come.
func (x *exchange) readBody(m *call) error {
	s := x.srv
	in := http.MaxBytesReader(x.w, x.r.Body, int64(s.bounds.message))
	if x.r.ContentLength > int64(s.bounds.message) {
		return &http.MaxBytesError{Limit: int64(s.bounds.message)}
	}
	m.buf = conn.Take(int(min(max(x.r.ContentLength+1, minRead), maxRead)))
	x.c.halfRead.Store(true)
	defer x.c.halfRead.Store(false)
	for {
		if more := cap(m.buf.B) - m.own; more > 0 {
			m.count(more)
		}
		n, err := in.Read(m.buf.B[len(m.buf.B):cap(m.buf.B)])
		m.buf.B = m.buf.B[:len(m.buf.B)+n]
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case len(m.buf.B) == cap(m.buf.B):
			if over := x.c.overRoom(); over != nil {
				return over
			}
			m.buf = m.buf.Grow(2 * cap(m.buf.B))
		}
	}
}

// badBody answers a request whose body could not be read.
func (x *exchange) badBody(err error) {
	var tooLarge *http.MaxBytesError
	var over *overBound
	var zip *gzipError
	switch {
	case x.c.draining.Load():
		http.Error(x.w, "draining; the call was not run", http.StatusServiceUnavailable)
	case errors.As(err, &tooLarge):
		err = fmt.Errorf("server: body over the limit of %d bytes (MaxMessageSize)", tooLarge.Limit)
		x.refuse(http.StatusRequestEntityTooLarge, "MaxMessageSize", err, err.Error())
	case errors.As(err, &zip) && zip.bound != "":
		x.refuse(http.StatusRequestEntityTooLarge, zip.bound, err, err.Error())
	case errors.As(err, &zip):
		http.Error(x.w, err.Error(), http.StatusBadRequest)
	case errors.As(err, &over):
		x.refuse(mux.Overloaded.HTTPStatus(), over.bound, over, over.refusal().Error())
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("server: body not there within %v (MessageTimeout)", x.srv.bounds.partial)
		x.refuse(http.StatusRequestTimeout, "MessageTimeout", err, err.Error())
	default:
		http.Error(x.w, "body cannot be read", http.StatusBadRequest)
	}
}
