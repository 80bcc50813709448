package client

import (
	"errors"
	"fmt"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// headerFrames is the session of THeader frames, which carry headers with each
// message and may be compressed. Calls carry the flag that lets the server answer
// them in any order, unless there is only one at a time.
type headerFrames struct {
	protocol wire.Protocol
	flags    uint16
	zlib     bool
	limit    int
	ratio    int // the limit of inflating, see Client.MaxInflateRatio
}

func openTHeader(c *connection) session {
	s := &headerFrames{protocol: c.pool.protocol, zlib: c.client.config.Zlib, limit: c.client.bounds.message, ratio: c.client.bounds.inflateRatio}
	if c.client.mode != Exclusive {
		s.flags = theader.FlagOutOfOrder
	}
	return s
}

func (s *headerFrames) appendCall(dst []byte, req *mux.Request, id uint32) ([]byte, error) {
	before := len(dst)
	w := theader.Begin(dst, theader.Header{Flags: s.flags, SeqID: int32(id), Protocol: s.protocol, Zlib: s.zlib})
	for _, f := range req.Header {
		w.Pair(f.Key, f.Value)
	}
	buf, err := w.Payload()
	if err != nil {
		return buf, err
	}
	if dst, err = w.End(appendMessage(buf, req, id)); err != nil {
		return dst, err
	}
	if n := len(dst) - before - wire.FrameHeaderSize; n > s.limit {
		return dst, errTooLarge(n, s.limit)
	}
	return dst, nil
}

func (s *headerFrames) next(in []byte, r *reply) (int, error) {
	n, err := wire.FrameSize(in, s.limit)
	if err != nil || n == 0 || len(in) < n {
		return 0, err
	}
	if n == wire.FrameHeaderSize {
		return wire.EmptyFrames(in), nil
	}
	h, payload, err := theader.Parse(in[wire.FrameHeaderSize:n], theader.Limits{})
	if err != nil {
		return 0, err
	}
	if len(payload) == 0 {
		return n, nil // no message, as Apache's C++ servers send when they close
	}
	if h.Zlib {
		limit := theader.InflateLimit(len(payload), s.limit, s.ratio)
		inflated, err := theader.Inflate(nil, payload, limit)
		var we *wire.Error
		switch {
		case err == nil:
			payload = inflated
		case limit < s.limit && errors.As(err, &we) && we.TooLarge():
			r.id, r.kind = uint32(h.SeqID), wire.Reply
			r.fault = fmt.Errorf("reply: %d bytes of zlib hold more than the limit of %d bytes (MaxInflateRatio)", len(payload), limit)
			return n, nil
		default:
			return 0, err
		}
	}
	r.header = fields(h.Info)
	// Apache's C++ servers answer calls in compact with frames in binary.
	return n, r.message(h.Protocol, s.protocol, payload)
}

// fields copies the key-values of a frame.
func fields(info theader.Info) mux.Header {
	if info.Len() == 0 {
		return nil
	}
	h := make(mux.Header, 0, info.Len())
	for key, value := range info.All {
		h.Add(string(key), string(value))
	}
	return h
}
