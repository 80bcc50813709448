package client

import (
	"fmt"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxName bounds the name in a reply, in bytes.
const maxName = 64 << 10

// framed is the session of messages with their length before them.
type framed struct {
	protocol wire.Protocol
	limit    int
}

func openFramed(c *connection) session {
	return &framed{protocol: c.pool.protocol, limit: c.client.bounds.message}
}

func (s *framed) appendCall(dst []byte, req *mux.Request, id uint32) ([]byte, error) {
	dst, mark := wire.BeginFrame(dst)
	dst = appendMessage(dst, req, id)
	if n := len(dst) - mark - wire.FrameHeaderSize; n > s.limit {
		return dst, errTooLarge(n, s.limit)
	}
	wire.EndFrame(dst, mark)
	return dst, nil
}

func (s *framed) next(in []byte, r *reply) (int, error) {
	n, err := wire.FrameSize(in, s.limit)
	if err != nil || n == 0 || len(in) < n {
		return 0, err
	}
	return n, r.message(s.protocol, in[wire.FrameHeaderSize:n])
}

// message fills in r from a whole message.
func (r *reply) message(p wire.Protocol, msg []byte) error {
	h, err := wire.ParseHeader(p, msg, maxName)
	if err != nil {
		return err
	}
	if h.Size == 0 {
		return &wire.Error{Kind: wire.Truncated, What: "the header of a reply in its frame", Seen: int64(len(msg))}
	}
	return r.take(h, msg[h.Size:])
}

// take fills in r from a message's header and body.
func (r *reply) take(h wire.Header, body []byte) error {
	if h.Type != wire.Reply && h.Type != wire.Exception {
		return fmt.Errorf("a server sends replies, not a message of type %v", h.Type)
	}
	r.id, r.kind, r.name, r.body = uint32(h.SeqID), h.Type, h.Name, body
	return nil
}

// appendMessage appends a call as a message.
func appendMessage(dst []byte, req *mux.Request, id uint32) []byte {
	var room [128]byte
	name := wire.AppendName(room[:0], req.Service, req.Method)
	dst = wire.AppendHeader(dst, req.Protocol, req.Type, name, int32(id))
	dst = append(dst, req.Body...)
	return wire.AppendEnd(dst, req.Protocol)
}

// errTooLarge is the error of a call that is over MaxMessageSize.
func errTooLarge(n, limit int) error {
	return &wire.Error{Kind: wire.TooLarge, What: "call", Seen: int64(n), Limit: int64(limit)}
}

// errOtherProtocol is the error of a reply that cannot be an answer to any call of
// its connection.
func errOtherProtocol(got, want wire.Protocol) error {
	return fmt.Errorf("a reply in protocol %v, want %v", got, want)
}
