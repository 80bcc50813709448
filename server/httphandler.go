package server

import (
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

// serveHTTP answers a request: a call, or a question of a balancer.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	if d := s.bounds.partial; d > 0 {
		// net/http reads on after a refusal, to keep the connection.
		control.SetReadDeadline(time.Now().Add(d))
	}
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case reading && r.URL.Path == "/healthz":
		fmt.Fprintln(w, "ok")
	case reading && r.URL.Path == "/readyz" && s.Draining():
		http.Error(w, "draining", http.StatusServiceUnavailable)
	case reading && r.URL.Path == "/readyz":
		fmt.Fprintln(w, "ok")
	case r.Method == http.MethodPost:
		s.post(w, r, control)
	default:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "a call is a POST", http.StatusMethodNotAllowed)
	}
}

// post answers a call. What comes to nothing that Thrift has a form for is
// answered with the status that says so.
func (s *Server) post(w http.ResponseWriter, r *http.Request, control *http.ResponseController) {
	hc := r.Context().Value(httpConnKey{}).(*httpConn)
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	protocol, known := mediaTypes[media]
	var origin http.CrossOriginProtection
	if err := origin.Check(r); err != nil {
		// A page of another site can make its visitor's browser post.
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	if !known {
		w.Header().Set("Accept-Post", "application/x-thrift")
		http.Error(w, "not a Thrift content type", http.StatusUnsupportedMediaType)
		return
	}
	work := &worker{set: &s.workers}
	defer work.relax()
	m := newCall(work, hc.c)
	defer m.free(work)
	err := hc.readBody(w, r, m)
	if err == nil && !hc.run() {
		err = errDraining
	}
	if err != nil {
		s.badBody(w, hc, err)
		return
	}
	control.SetReadDeadline(time.Time{}) // what waits for the client's end now has all the time
	m.req.Received = time.Now()
	m.req.Header, m.req.ReplyHeader = httpFields(r.Header), true
	m.ctx = r.Context()
	s.callHTTP(w, work, m, media, protocol)
}

// readBody reads the body into m. The server counts its bytes as they come.
func (hc *httpConn) readBody(w http.ResponseWriter, r *http.Request, m *call) error {
	s := hc.c.srv
	in := http.MaxBytesReader(w, r.Body, int64(s.bounds.message))
	if r.ContentLength > int64(s.bounds.message) {
		return &http.MaxBytesError{Limit: int64(s.bounds.message)}
	}
	m.buf = conn.Take(int(min(max(r.ContentLength+1, minRead), maxRead)))
	hc.c.halfRead.Store(true)
	defer hc.c.halfRead.Store(false)
	for {
		if more := cap(m.buf.B) - m.own; more > 0 {
			m.own += more
			hc.c.chargeIncoming(more)
		}
		n, err := in.Read(m.buf.B[len(m.buf.B):cap(m.buf.B)])
		m.buf.B = m.buf.B[:len(m.buf.B)+n]
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case len(m.buf.B) == cap(m.buf.B):
			if over := hc.c.overRoom(); over != nil {
				return over
			}
			m.buf = m.buf.Grow(2 * cap(m.buf.B))
		}
	}
}

// badBody answers a request whose body could not be read.
func (s *Server) badBody(w http.ResponseWriter, hc *httpConn, err error) {
	var tooLarge *http.MaxBytesError
	var over *overBound
	switch {
	case hc.c.draining.Load():
		http.Error(w, "draining; the call was not run", http.StatusServiceUnavailable)
	case errors.As(err, &tooLarge):
		err = fmt.Errorf("server: body over the limit of %d bytes (MaxMessageSize)", tooLarge.Limit)
		s.refused(&hc.c.peer, "MaxMessageSize", err)
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
	case errors.As(err, &over):
		s.refused(&hc.c.peer, over.bound, over)
		http.Error(w, over.refusal().Error(), mux.Overloaded.HTTPStatus())
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("server: body not there within %v (MessageTimeout)", s.bounds.partial)
		s.refused(&hc.c.peer, "MessageTimeout", err)
		http.Error(w, err.Error(), http.StatusRequestTimeout)
	default:
		http.Error(w, "body cannot be read", http.StatusBadRequest)
	}
}
