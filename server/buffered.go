package server

import (
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// buffered is the session of messages one after the other with nothing between:
// the end of each is found by skipping its struct.
type buffered struct {
	message wire.MessageReader // how far the message that is coming in has been skipped
}

func openBuffered(c *connection, o wire.Opening) session {
	s := new(buffered)
	s.message.Reset(o.Protocol, c.srv.bounds.limits)
	return s
}

func (s *buffered) next(in []byte, m *call) (int, error) {
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
