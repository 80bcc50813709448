package server

import (
	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/theader"
)

// maxRatio is more than how many bytes come out of one byte of a zlib stream at
// most.
const maxRatio = 1040

// reserve counts as much memory as a zlib stream of size bytes can take at most, so
// that streams that are inflated side by side stay within MaxBytes together. It
// returns the bound if there is no room for that.
func (s *headerFrames) reserve(m *call, size int) *overBound {
	c := s.c
	most := int(min(int64(s.limits.Message), maxRatio*int64(size)))
	c.mu.Lock()
	defer c.mu.Unlock()
	if int64(most) > c.freeLocked() || !c.mayTakeLocked() {
		return c.overShare()
	}
	m.own = most
	c.incoming += int64(most)
	c.charge(0)
	return nil
}

// inflate gives the call a buffer of its own with the content of payload, a zlib
// stream, for which reserve has counted the memory.
func (s *headerFrames) inflate(m *call, payload []byte) ([]byte, error) {
	m.buf = conn.Take(min(s.limits.Message, 4*len(payload)))
	var err error
	if m.buf.B, err = theader.Inflate(m.buf.B, payload, s.limits.Message); err != nil {
		return nil, err
	}
	size := cap(m.buf.B)
	s.c.chargeIncoming(size - m.own)
	m.own = size
	return m.buf.B, nil
}
