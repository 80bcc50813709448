package server

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// call runs the call that m's buffer holds, in this protocol or, if it is 0,
// in the one that the first byte tells, and writes the reply. An exception is a
// reply like others, of status 200, as Apache's servers send it. So is a oneway
// call's empty body.
func (x *exchange) call(work *worker, m *call, media string, p wire.Protocol) {
	s, w := x.srv, x.w
	if err := s.parseHTTP(m, p); err != nil && m.req.Type != wire.Call {
		http.Error(w, err.Error(), mux.ProtocolError.HTTPStatus())
		return
	} else if err != nil {
		m.refusal = malformed(err)
	}
	answered := false
	answer := func(err error) {
		answered = true
		m.conn.outcome(work, m, err)
		x.reply(m, media)
	}
	defer func() {
		s.load.calls.Add(-1)
		if !answered { // by runtime.Goexit, which ends the connection too; never where the handler is mounted
			w.Header().Set("Connection", "close")
			answer(mux.ErrGoexit)
			http.NewResponseController(w).Flush()
		}
	}()
	switch free, over := s.admit(x.c, 1); {
	case m.refusal != nil:
		answer(m.refusal)
	case free == 0:
		s.refused(m.req.Peer, over.bound, over)
		answer(over.refusal())
	default:
		answer(x.source.invoke(work, m))
	}
}

// parseHTTP finds the message in m's buffer, which must hold nothing else. If
// m's type is set, an error can be told as an exception.
func (s *Server) parseHTTP(m *call, p wire.Protocol) error {
	b := m.buf.B
	if p == 0 {
		o, _, err := wire.Sniff(b, s.bounds.limits)
		if err != nil || o.Dialect != wire.Buffered {
			return errHTTPBody
		}
		p = o.Protocol
	}
	var r wire.MessageReader
	r.Reset(p, s.bounds.limits)
	h, end, n, err := r.Next(b)
	if h.Size > 0 {
		m.header(&h)
	}
	switch {
	case err != nil:
		return err
	case n == 0:
		return &wire.Error{Kind: wire.Truncated, What: "the message in a body of its length", Seen: int64(len(b))}
	case len(b) > n:
		return &wire.Error{Kind: wire.Malformed, What: "bytes behind the message", Offset: n, Seen: int64(len(b) - n)}
	case h.Type != wire.Call && h.Type != wire.Oneway:
		return errHTTPBody
	}
	m.walked = true
	m.setBody(b[h.Size:end])
	if m.req.Type == wire.Oneway {
		m.ctx = nil // it does not end with its client
	}
	return nil
}

// errHTTPBody says that a body is something else than it should be.
var errHTTPBody = errors.New("server: the body is no Thrift call")

// reply writes m's result; its memory is the caller's again afterwards.
func (x *exchange) reply(m *call, media string) {
	w, rep := x.w, &m.result
	var names []string
	for _, f := range rep.Header {
		key := http.CanonicalHeaderKey(f.Key)
		if !ownHeader[key] && !strings.HasPrefix(key, "Access-Control-") {
			w.Header().Add(key, f.Value)
			names = append(names, key)
		}
	}
	x.srv.rules.expose(w.Header(), names)
	w.Header().Set("Content-Type", media)
	if rep.Type == 0 {
		w.Header().Set("Content-Length", "0")
		return
	}
	out := conn.Take(m.room())
	defer out.Release()
	out.B = appendMessage(out.B, m)
	m.count(cap(out.B))
	w.Header().Set("Content-Length", strconv.Itoa(len(out.B)))
	x.source.write(w, out.B)
}

// ownHeader are the header fields that only the server sets, beside those that
// begin with Access-Control-.
var ownHeader = map[string]bool{
	"Connection": true, "Content-Encoding": true, "Content-Length": true, "Content-Type": true, "Keep-Alive": true,
	"Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// httpFields returns the header fields of a request under lower-case names, sorted
// by them, and the host that the request names as "host", which net/http takes out
// of the header.
func httpFields(r *http.Request) mux.Header {
	h := r.Header
	out := make(mux.Header, 0, len(h)+1)
	if r.Host != "" {
		out.Add("host", r.Host)
	}
	for _, key := range slices.Sorted(maps.Keys(h)) {
		name := strings.ToLower(key)
		if name == "host" {
			continue // HTTP/2 has :authority for it
		}
		for _, v := range h[key] {
			out.Add(name, v)
		}
	}
	return out
}
