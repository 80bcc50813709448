package server

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/theader"
)

// inflatedLimit returns how many bytes may come out of a compressed body of size
// bytes, and the field that says so.
func (s *Server) inflatedLimit(size int) (limit int, bound string) {
	limit = theader.InflateLimit(size, s.bounds.message, s.bounds.inflateRatio)
	if limit < s.bounds.message {
		return limit, "MaxInflateRatio"
	}
	return limit, "MaxMessageSize"
}

// gzipError says why a gzip body is not read. bound is "" if the body itself is
// wrong.
type gzipError struct{ bound, text string }

func (e *gzipError) Error() string { return e.text }

// contentEncoding reports whether a body is compressed by gzip. known is false if
// it is in an encoding that is not read, or in more than one.
func contentEncoding(h http.Header) (zipped, known bool) {
	for _, value := range h.Values("Content-Encoding") {
		for name := range strings.SplitSeq(value, ",") {
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "", "identity":
			case "gzip", "x-gzip":
				if zipped {
					return false, false
				}
				zipped = true
			default:
				return false, false
			}
		}
	}
	return zipped, true
}

// gunzip replaces the body in m's buffer, one gzip stream, by what it holds. It
// begins when all of the body has come, so that a slow client holds no
// decompressor. The server counts the memory as it grows.
func (s *Server) gunzip(m *call) error {
	packed, held := m.buf, m.own
	defer func() {
		packed.Release()
		m.count(-held)
	}()
	limit, bound := s.inflatedLimit(len(packed.B))
	m.buf = nil
	z := gunzippers.Get().(*gunzipper)
	defer func() {
		z.src.Reset(nil)
		gunzippers.Put(z)
	}()
	z.src.Reset(packed.B)
	if err := z.zr.Reset(&z.src); err != nil {
		return badGzip(err)
	}
	z.zr.Multistream(false)
	// One byte more than the limit tells what is just as large from what is larger.
	size := min(limit+1, max(4*len(packed.B), minRead))
	for {
		if err := s.growCounted(m, size); err != nil {
			return err
		}
		n, err := z.zr.Read(m.buf.B[len(m.buf.B):min(cap(m.buf.B), limit+1)])
		m.buf.B = m.buf.B[:len(m.buf.B)+n]
		switch {
		case len(m.buf.B) > limit:
			return overInflated(len(packed.B), limit, bound)
		case err == io.EOF && z.src.Len() > 0:
			return &gzipError{text: fmt.Sprintf("server: gzip body has %d bytes behind its stream", z.src.Len())}
		case err == io.EOF:
			return nil
		case err != nil:
			return badGzip(err)
		case len(m.buf.B) == cap(m.buf.B):
			size = min(2*len(m.buf.B), limit+1)
		}
	}
}

// growCounted gives m a buffer with room for size bytes in all. The server counts
// them before they are there, and refuses them over MaxBytes.
func (s *Server) growCounted(m *call, size int) error {
	before := 0
	if m.buf != nil {
		before = cap(m.buf.B)
	}
	if before >= size {
		return nil
	}
	if over := m.conn.overRoom(); over != nil {
		return over
	}
	m.count(size - before)
	if m.buf == nil {
		m.buf = conn.Take(size)
	} else {
		m.buf = m.buf.Grow(size)
	}
	m.count(cap(m.buf.B) - size)
	return nil
}

func overInflated(size, limit int, bound string) error {
	return &gzipError{bound, fmt.Sprintf("server: gzip body of %d bytes holds more than the limit of %d (%s)", size, limit, bound)}
}

func badGzip(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &gzipError{text: "server: gzip body is cut short"}
	}
	return &gzipError{text: fmt.Sprintf("server: gzip body: %v", err)}
}

// gunzipper is a decompressor, which is used again.
type gunzipper struct {
	src bytes.Reader
	zr  gzip.Reader
}

var gunzippers = sync.Pool{New: func() any { return new(gunzipper) }}
