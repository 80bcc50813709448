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
type ratioError struct{ size, limit, ratio int }

func (e *ratioError) Error() string {
	return fmt.Sprintf("server: %d bytes of zlib hold more than %d bytes: the limit is %d times the size, or 64 KiB (MaxInflateRatio)",
		e.size, e.limit, e.ratio)
}

// inflate gives the call a buffer of its own with the content of payload, a zlib
// stream. While it runs, the server counts as much memory as it can take at most,
// so that streams that are inflated side by side stay within MaxBytes together.
func (s *headerFrames) inflate(m *call, payload []byte) ([]byte, error) {
	srv := s.c.srv
	limit := theader.InflateLimit(len(payload), s.limits.Message, srv.bounds.inflateRatio)
	m.own = int(min(int64(limit), maxRatio*int64(len(payload))))
	if srv.load.bytes.Add(int64(m.own)) > srv.bounds.bytes {
		return nil, s.c.refuse("MaxBytes", fmt.Errorf(
			"server: no memory to inflate %d bytes: the limit of %d is reached (MaxBytes)", len(payload), srv.bounds.bytes))
	}
	m.buf = conn.Take(int(min(int64(limit), 4*int64(len(payload)))))
	out, err := theader.Inflate(m.buf.B, payload, limit)
	if err != nil {
		srv.load.bytes.Add(-int64(m.own))
		m.buf.Release()
		m.buf, m.own = nil, 0
		var we *wire.Error
		if limit < s.limits.Message && errors.As(err, &we) && we.TooLarge() {
			err = &ratioError{len(payload), limit, srv.bounds.inflateRatio}
		}
		return nil, err
	}
	m.buf.B = out
	srv.load.bytes.Add(int64(len(out) - m.own))
	m.own = len(out)
	return out, nil
}
