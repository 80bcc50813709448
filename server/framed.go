package server

import (
	"errors"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// framed is the session of messages with their length before them. Whether a
// binary message is strict or old is seen at each; the replies are strict, as
// those of Apache's servers.
type framed struct {
	protocol wire.Protocol
	limits   wire.Limits
}

func openFramed(c *connection, o wire.Opening) session {
	return &framed{protocol: o.Protocol, limits: c.srv.bounds.limits}
}

func (s *framed) next(in []byte, m *call) (int, error) {
	n, err := wire.FrameSize(in, s.limits.Message)
	if err != nil {
		return s.oversized(in, m, err)
	}
	if n == 0 || len(in) < n {
		return 0, nil
	}
	if n == wire.FrameHeaderSize {
		return wire.EmptyFrames(in), nil
	}
	var h wire.Header
	if err := h.Parse(s.protocol, in[wire.FrameHeaderSize:n], s.limits.Name); err != nil {
		return 0, err
	}
	if h.Size == 0 {
		return 0, errShortFrame(n)
	}
	m.header(&h)
	m.from = wire.FrameHeaderSize + h.Size
	body, err := wire.Body(s.protocol, in[m.from:n])
	if err != nil {
		m.inexact = hasRest(wire.ExactStruct(s.protocol, in[m.from:n], wire.Limits{Depth: s.limits.Depth}))
		m.refusal = malformed(err)
	}
	m.to = m.from + len(body)
	return n, nil
}

// oversized looks for the header of a message that is too large, so that its
// caller can be told. Any other bad length is the end at once.
func (s *framed) oversized(in []byte, m *call, err error) (int, error) {
	var we *wire.Error
	if !errors.As(err, &we) || !we.TooLarge() {
		return 0, err
	}
	h, herr := wire.ParseHeader(s.protocol, in[wire.FrameHeaderSize:], s.limits.Name)
	if herr != nil {
		return 0, err
	}
	if h.Size == 0 {
		return 0, nil
	}
	m.header(&h)
	return 0, err
}

func (s *framed) shed(in []byte, m *call, _ *overBound) (rest int) {
	n, err := wire.FrameSize(in, s.limits.Message)
	if err != nil {
		return -1
	}
	h, err := wire.ParseHeader(s.protocol, in[wire.FrameHeaderSize:], s.limits.Name)
	if err != nil || h.Size == 0 {
		return -1
	}
	m.header(&h)
	return n - len(in)
}

func (s *framed) appendReply(dst []byte, m *call) []byte {
	dst, mark := wire.BeginFrame(dst)
	dst = appendMessage(dst, m)
	wire.EndFrame(dst, mark)
	return dst
}

// appendMessage appends m's result as a message: the method part of the name as it
// was received, and the seqid.
func appendMessage(dst []byte, m *call) []byte {
	p := m.req.Protocol
	dst = wire.AppendHeader(dst, p, m.result.Type, m.name.method, m.seqid)
	dst = append(dst, m.result.Body...)
	return wire.AppendEnd(dst, p)
}

// errShortFrame is the error for a frame that ends within its message's header.
func errShortFrame(n int) error {
	return &wire.Error{Kind: wire.Truncated, What: "the header of a message in a frame of its length", Seen: int64(n - wire.FrameHeaderSize)}
}
