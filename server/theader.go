package server

import (
	"errors"
	"math"
	"slices"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// headerFrames is the session of THeader frames. Each tells the protocol of its
// message, whether it is compressed, and whether its client matches replies by
// sequence id; the reply has the same form.
type headerFrames struct {
	c      *connection
	limits wire.Limits
	header theader.Limits
	noZlib bool // compressed calls are refused
}

// frameForm is what a THeader reply repeats of its call's frame.
type frameForm struct {
	flags uint16
	seqid int32
	zlib  bool
}

func openTHeader(c *connection, _ wire.Opening) session {
	b := &c.srv.bounds
	s := &headerFrames{c: c, limits: b.limits, header: theader.Limits{Header: b.headerBytes}}
	s.noZlib = slices.Contains(c.srv.Disable, zlibName)
	if b.headerBytes == math.MaxInt32 {
		s.header.Pairs = -1
	}
	return s
}

func (s *headerFrames) next(in []byte, m *call) (int, error) {
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
	h, payload, err := theader.Parse(in[wire.FrameHeaderSize:n], s.header)
	if err != nil {
		unknown := (*theader.UnsupportedError)(nil) // here, since it is allocated
		if !errors.As(err, &unknown) {
			return 0, err
		}
		unsupported(m, h, unknown)
		return n, nil
	}
	if len(payload) == 0 {
		return n, nil // no message, as Apache's C++ clients send when they close
	}
	if h.Zlib && s.noZlib {
		unreadable(m, h, mux.Refusef(mux.DoNotSendAgain, mux.InvalidTransform, "zlib is switched off on this server"))
		return n, nil
	}
	if h.Zlib {
		if over := s.reserve(m, len(payload)); over != nil {
			s.c.srv.refused(&s.c.peer, over.bound, over)
			if !s.refuseUnread(m, h, payload) {
				return 0, &mux.Refusal{Bound: over.bound, Err: over}
			}
			m.refusal = over.refusal()
			return n, nil
		}
		inflated, err := s.inflate(m, payload)
		if err != nil {
			over := (*ratioError)(nil)
			if !errors.As(err, &over) {
				return 0, err
			}
			s.swollen(m, h, payload, over)
			return n, nil
		}
		payload = inflated
	}
	mh, err := wire.ParseHeader(h.Protocol, payload, s.limits.Name)
	if err != nil {
		return 0, err
	}
	if mh.Size == 0 {
		return 0, errShortFrame(n)
	}
	s.begin(m, h, mh)
	m.reorder = h.OutOfOrder() == s.c.ordered
	if h.Zlib {
		m.req.Body = payload[mh.Size:]
	} else {
		m.from, m.to = n-len(payload)+mh.Size, n
	}
	return n, nil
}

// begin takes over what the frame's header and the message's say.
func (s *headerFrames) begin(m *call, h theader.Header, mh wire.Header) {
	m.form = frameForm{flags: h.Flags, seqid: h.SeqID, zlib: h.Zlib}
	m.header(&mh)
	m.req.ReplyHeader = true
	m.req.Header = fields(h.Info)
	m.head = headerWeight(m.req.Header)
	if h.Protocol == wire.JSON {
		m.refusal = mux.Refusef(mux.DoNotSendAgain, mux.InvalidProtocol, "THeader frames hold binary or compact messages, not %v", h.Protocol)
	}
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

// unsupported turns away a call that cannot be read, not even its name; the next
// frame can be. The exception is in the frame's protocol if there is one, and not
// transformed.
func unsupported(m *call, h theader.Header, err *theader.UnsupportedError) {
	code := mux.InvalidTransform
	if err.What == "protocol" {
		code, h.Protocol = mux.InvalidProtocol, wire.Binary
	}
	unreadable(m, h, &mux.Error{Code: code, Message: err.Error(), NotRun: mux.DoNotSendAgain})
}

// swollen turns away a call whose payload holds more than it may. Its name is at
// the start of what is inflated.
func (s *headerFrames) swollen(m *call, h theader.Header, payload []byte, err *ratioError) {
	s.c.srv.refused(&s.c.peer, "MaxInflateRatio", err)
	refusal := &mux.Error{Code: mux.ProtocolError, Message: err.Error(), NotRun: mux.DoNotSendAgain, Err: err}
	if s.refuseUnread(m, h, payload) {
		m.refusal = refusal
	} else {
		unreadable(m, h, refusal)
	}
}

// unreadable turns away a call whose name cannot be read. The exception is not
// transformed.
func unreadable(m *call, h theader.Header, err *mux.Error) {
	m.form = frameForm{flags: h.Flags, seqid: h.SeqID}
	m.header(&wire.Header{Protocol: h.Protocol, Type: wire.Call, SeqID: h.SeqID})
	m.refusal = err
}

// oversized looks for the names in a frame that is too large, so that its caller
// can be told. What is compressed is not looked at.
func (s *headerFrames) oversized(in []byte, m *call, err error) (int, error) {
	frame := in[wire.FrameHeaderSize:]
	h, herr := theader.ParseHeader(frame, s.header)
	if herr != nil || h.Zlib {
		return 0, err
	}
	if h.Size == 0 {
		return 0, nil
	}
	mh, herr := wire.ParseHeader(h.Protocol, frame[h.Size:], s.limits.Name)
	if herr != nil {
		return 0, err
	}
	if mh.Size == 0 {
		return 0, nil
	}
	s.begin(m, h, mh)
	return 0, err
}

func (s *headerFrames) shed(in []byte, m *call, _ *overBound) (rest int) {
	n, err := wire.FrameSize(in, s.limits.Message)
	if err != nil {
		return -1
	}
	frame := in[wire.FrameHeaderSize:]
	h, err := theader.ParseHeader(frame, s.header)
	if err != nil || h.Size == 0 || !s.refuseUnread(m, h, frame[h.Size:]) {
		return -1
	}
	return n - len(in)
}

// refuseUnread takes over what the header of a frame and that of its message say, for a
// call that is turned away. Of payload, as it came, the beginning is enough.
func (s *headerFrames) refuseUnread(m *call, h theader.Header, payload []byte) bool {
	if h.Zlib {
		var err error
		if payload, err = theader.InflatePrefix(nil, payload, min(s.limits.Name, maxRead)+maxAround); err != nil {
			return false
		}
	}
	mh, err := wire.ParseHeader(h.Protocol, payload, s.limits.Name)
	if err != nil || mh.Size == 0 {
		return false
	}
	s.begin(m, h, mh)
	return true
}

// maxAround is more than a message's header takes beside the name.
const maxAround = 64

func (s *headerFrames) appendReply(dst []byte, m *call) []byte {
	out, err := appendHeaderFrame(dst, m)
	if err != nil {
		// More headers, or a larger body, than a frame can hold.
		s.c.srv.logFailure(m, err)
		body := wire.AppendExceptionBody(nil, m.req.Protocol, int32(mux.InternalError), mux.InternalError.String())
		m.result = mux.Reply{Type: wire.Exception, Body: body}
		out, _ = appendHeaderFrame(out, m)
	}
	return out
}

// appendHeaderFrame appends a reply in the form of its call. On an error it
// returns dst.
func appendHeaderFrame(dst []byte, m *call) ([]byte, error) {
	w := theader.Begin(dst, theader.Header{
		Flags: m.form.flags, SeqID: m.form.seqid, Zlib: m.form.zlib, Protocol: m.req.Protocol,
	})
	for _, f := range m.result.Header {
		w.Pair(f.Key, f.Value)
	}
	out, err := w.Payload()
	if err != nil {
		return out, err
	}
	return w.End(appendMessage(out, m))
}
