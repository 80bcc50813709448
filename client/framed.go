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
	if n == wire.FrameHeaderSize {
		return wire.EmptyFrames(in), nil // such as those with which Finagle's servers answer oneway calls
	}
	msg := in[wire.FrameHeaderSize:n]
	return n, r.message(protocolOf(msg), s.protocol, msg)
}

// message fills in r from a whole message in protocol p, which may be another than
// that of the connection's calls.
func (r *reply) message(p, called wire.Protocol, msg []byte) error {
	h, err := wire.ParseHeader(p, msg, maxName)
	if err != nil {
		return err
	}
	if h.Size == 0 {
		return &wire.Error{Kind: wire.Truncated, What: "the header of a reply in its frame", Seen: int64(len(msg))}
	}
	if err := r.take(h, msg[h.Size:]); err != nil || p == called {
		return err
	}
	return r.translate(p, called)
}

// translate makes r, a reply in protocol p, one in the protocol of the call if it is
// an exception, whose struct is known. It only notes the protocol of any other.
func (r *reply) translate(p, called wire.Protocol) (err error) {
	if r.body, err = wire.Body(p, r.body); err != nil {
		return err
	}
	r.protocol = p
	if r.kind != wire.Exception {
		return nil
	}
	if code, text, n, err := wire.ParseMarkedException(p, r.body); err == nil {
		r.protocol, r.body = 0, wire.AppendMarkedException(nil, called, code, text, n)
	}
	return nil
}

// protocolOf returns the protocol that a message begins in, binary if none.
func protocolOf(msg []byte) wire.Protocol {
	if len(msg) > 0 {
		switch msg[0] {
		case 0x82:
			return wire.Compact
		case '[':
			return wire.JSON
		}
	}
	return wire.Binary
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
