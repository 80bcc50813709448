package client

import (
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// buffered is the session of messages one after the other with nothing between:
// the end of each reply is found by skipping its struct.
type buffered struct {
	message wire.MessageReader // how far the reply that is coming in has been skipped
	limit   int
}

func openBuffered(c *connection) session {
	s := &buffered{limit: c.client.bounds.message}
	s.message.Reset(c.pool.protocol, c.client.bounds.limits)
	return s
}

func (s *buffered) appendCall(dst []byte, req *mux.Request, id uint32) ([]byte, error) {
	before := len(dst)
	dst = appendMessage(dst, req, id)
	if n := len(dst) - before; n > s.limit {
		return dst, errTooLarge(n, s.limit)
	}
	return dst, nil
}

func (s *buffered) next(in []byte, r *reply) (int, error) {
	h, end, n, err := s.message.Next(in)
	if err != nil || n == 0 {
		return 0, err
	}
	r.walked = true
	return n, r.take(h, in[h.Size:end])
}
