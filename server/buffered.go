package server

import (
	"bytes"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// buffered is the session of messages one after the other with nothing between:
// the end of each is found by skipping its struct.
type buffered struct {
	message wire.MessageReader // how far the message that is coming in has been skipped
	json    bool
}

func openBuffered(c *connection, o wire.Opening) session {
	s := &buffered{json: o.Protocol == wire.JSON}
	s.message.Reset(o.Protocol, c.srv.bounds.limits)
	return s
}

func (s *buffered) next(in []byte, m *call) (int, error) {
	if s.json {
		// A newline behind a message is not the beginning of another one.
		if n := len(in) - len(bytes.TrimLeft(in, " \t\r\n")); n > 0 {
			return n, nil
		}
	}
	h, end, n, err := s.message.Next(in)
	if err != nil {
		if h.Size > 0 {
			m.header(&h)
		}
		return 0, err
	}
	if n == 0 {
		return 0, nil
	}
	m.header(&h)
	m.from, m.to, m.walked = h.Size, end, true
	return n, nil
}

func (s *buffered) appendReply(dst []byte, m *call) []byte {
	return appendMessage(dst, m)
}
