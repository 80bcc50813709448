package server

import (
	"errors"
	"fmt"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxRatio is more than how many bytes come out of one byte of a zlib stream at
// most.
const maxRatio = 1040

// ratioError says that a zlib stream holds more than MaxInflateRatio allows. Where
// the frame ends is known, so that its call alone fails.
type ratioError struct{ size, limit int }

func (e *ratioError) Error() string {
	return fmt.Sprintf("server: %d bytes of zlib hold more than the limit of %d bytes (MaxInflateRatio)", e.size, e.limit)
}

// inflateLimit returns how many bytes a zlib stream of size bytes may become.
func (s *headerFrames) inflateLimit(size int) int {
	return theader.InflateLimit(size, s.limits.Message, s.c.srv.bounds.inflateRatio)
}

// reserve counts as much memory as a zlib stream of size bytes can take at most, so
// that streams that are inflated side by side stay within MaxBytes together. It
// returns the bound if there is no room for that.
func (s *headerFrames) reserve(m *call, size int) *overBound {
	c := s.c
	most := int(min(int64(s.inflateLimit(size)), maxRatio*int64(size)))
	c.mu.Lock()
	defer c.mu.Unlock()
	if int64(most) > c.freeLocked() || !c.mayTakeLocked() {
		return c.overShareLocked()
	}
	m.own = most
	c.incoming += int64(most)
	c.chargeLocked(0)
	return nil
}

// inflate gives the call a buffer of its own with the content of payload, a zlib
// stream, for which reserve has counted the memory.
func (s *headerFrames) inflate(m *call, payload []byte) ([]byte, error) {
	limit := s.inflateLimit(len(payload))
	m.buf = conn.Take(int(min(int64(limit), 4*int64(len(payload)))))
	out, err := theader.Inflate(m.buf.B, payload, limit)
	if err != nil {
		s.c.chargeIncoming(-m.own)
		m.buf.Release()
		m.buf, m.own = nil, 0
		var we *wire.Error
		if limit < s.limits.Message && errors.As(err, &we) && we.TooLarge() {
			err = &ratioError{len(payload), limit}
		}
		return nil, err
	}
	m.buf.B = out
	s.c.chargeIncoming(cap(out) - m.own)
	m.own = cap(out)
	return out, nil
}
