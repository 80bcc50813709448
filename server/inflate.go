package server

import (
	"fmt"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/theader"
)

// maxRatio is more than how many bytes come out of one byte of a zlib stream at
// most.
const maxRatio = 1040

// inflate gives the call a buffer of its own with the content of payload, a zlib
// stream. While it runs, the server counts as much memory as it can take at most,
// so that streams that are inflated side by side stay within MaxBytes together.
func (s *headerFrames) inflate(m *call, payload []byte) ([]byte, error) {
	srv := s.c.srv
	m.own = min(s.limits.Message, maxRatio*len(payload))
	if srv.load.bytes.Add(int64(m.own)) > srv.bounds.bytes {
		return nil, s.c.refuse("MaxBytes", fmt.Errorf(
			"server: no memory to inflate %d bytes: the limit of %d is reached (MaxBytes)", len(payload), srv.bounds.bytes))
	}
	m.buf = conn.Take(min(s.limits.Message, 4*len(payload)))
	var err error
	if m.buf.B, err = theader.Inflate(m.buf.B, payload, s.limits.Message); err != nil {
		return nil, err
	}
	srv.load.bytes.Add(int64(len(m.buf.B) - m.own))
	m.own = len(m.buf.B)
	return m.buf.B, nil
}
