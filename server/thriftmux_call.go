package server

import (
	"errors"
	"fmt"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// dispatched takes a Tdispatch, or a fragment of one.
func (s *muxSession) dispatched(f *thriftmux.Frame, n int, m *call) error {
	body, own, err := s.pieces.add(f)
	if err != nil {
		s.oversized(f, err)
		return err
	}
	if body == nil {
		return nil
	}
	contexts, payload, err := thriftmux.SplitTdispatch(body, s.limits)
	if err != nil {
		return s.unparsed(f, err)
	}
	m.mux = muxCall{tag: f.Tag}
	if own {
		m.buf, m.own = conn.Wrap(body), cap(body)
		s.c.chargeIncoming(m.own)
	}
	return s.call(f, n, m, contexts, payload)
}

// unparsed handles a Tdispatch that makes no sense, or whose contexts are over a
// limit: then the call alone fails.
func (s *muxSession) unparsed(f *thriftmux.Frame, err error) error {
	var limit *wire.Error
	if errors.As(err, &limit) && limit.TooLarge() {
		s.fail(f, limit.Error())
		return nil
	}
	return err
}

// requested takes a Treq, whose one context has a form of its own.
func (s *muxSession) requested(f *thriftmux.Frame, n int, m *call) error {
	if f.More {
		return fmt.Errorf("server: fragment of %v", f.Type)
	}
	q, err := thriftmux.ParseTreq(f.Body)
	if err != nil {
		return err
	}
	var contexts thriftmux.Pairs
	if t, ok := q.Trace(); ok {
		if err := thriftmux.AddPair(&contexts, thriftmux.TraceKey, t.Append(nil)); err != nil {
			return err
		}
	}
	m.mux = muxCall{tag: f.Tag, old: true}
	return s.call(f, n, m, contexts, q.Payload)
}

// call makes m the call that payload, the end of a frame of n bytes or of m.buf,
// holds.
func (s *muxSession) call(f *thriftmux.Frame, n int, m *call, contexts thriftmux.Pairs, payload []byte) error {
	if err := s.message(m, payload); err != nil {
		s.fail(f, err.Error())
		return nil
	}
	header, value := contextHeader(&contexts)
	deadline, expired := s.deadline(value)
	ctx := s.newContext()
	ctx.deadline, ctx.contexts, ctx.oneway = deadline, int32(contexts.Len()), m.req.Type == wire.Oneway
	ctx.slot.Header = header
	m.req.Header, m.req.ReplyHeader, m.head = header, true, headerWeight(header)
	m.ctx, m.mux.ctx = ctx, ctx
	if taken, err := s.enter(f, m, expired); !taken {
		m.req.Type = 0 // it is no call
		return err
	}
	if m.buf != nil {
		m.req.Body = payload[m.from:m.to]
	} else {
		m.from += n - len(payload)
		m.to += n - len(payload)
	}
	return nil
}

// contextBatch is how many contexts are allocated at a time: those that fit into
// 512 bytes, from where on the runtime adds a header. A handler that keeps one keeps
// the memory of all.
const contextBatch = 5

// newContext returns the context of a call. It is not used again, since handlers
// may keep it.
func (s *muxSession) newContext() *callContext {
	if len(s.spare) == 0 {
		s.spare = make([]callContext, contextBatch)
	}
	ctx := &s.spare[0]
	s.spare = s.spare[1:]
	ctx.conn = s.c
	return ctx
}

// message reads the header of a call's Thrift message into m, and where its body
// stands in payload. Finagle's clients send strict binary unless they are set to
// another protocol, which each message tells.
func (s *muxSession) message(m *call, payload []byte) error {
	p := wire.Binary
	if len(payload) > 0 {
		switch payload[0] {
		case 0x82:
			p = wire.Compact
		case '[':
			p = wire.JSON
		}
	}
	h, err := wire.ParseHeader(p, payload, s.c.srv.bounds.limits.Name)
	if err != nil {
		return err
	}
	if h.Size == 0 {
		return &wire.Error{Kind: wire.Truncated, What: "the header of a message in a Mux message of its length", Seen: int64(len(payload))}
	}
	body, err := wire.Body(p, payload[h.Size:])
	if err != nil {
		return err
	}
	m.header(&h)
	m.from, m.to = h.Size, h.Size+len(body)
	return nil
}

// enter gives the call its tag, unless it is refused: taken is false then, and
// the client has been told. The error is for a tag that is in use.
func (s *muxSession) enter(f *thriftmux.Frame, m *call, expired bool) (taken bool, err error) {
	c := s.c
	c.mu.Lock()
	over := s.overBoundLocked(m)
	switch {
	case s.inUse(f.Tag):
		ended := s.duplicate(f.Tag)
		c.mu.Unlock()
		for _, ctx := range ended {
			ctx.cancel(errDuplicate)
		}
		return false, fmt.Errorf("server: a call came on tag %d, on which one runs", f.Tag)
	case s.ending == muxAgreed:
		s.answer(f.Type, f.Tag, thriftmux.Response{Status: thriftmux.StatusNack})
	case expired:
		s.nackLocked(f, mux.DoNotSendAgain, errLate.Code, errLate.Message)
	case over != nil:
		s.nackLocked(f, mux.SendAgain, mux.Overloaded, over.refusal().Error())
	default:
		s.tags.add(f.Tag, m)
		s.watch(m.mux.ctx.deadline)
		s.running++
		taken = true
	}
	c.mu.Unlock()
	if over != nil && !taken {
		c.srv.refused(&c.peer, over.bound, over)
	}
	return taken, nil
}

// overBoundLocked returns the bound of the connection that has no room for one more
// call m, or nil. The bytes that m itself holds do not count. The session is still read,
// so that pings are seen; a client sends the call to another server.
func (s *muxSession) overBoundLocked(m *call) *overBound {
	b := &s.c.srv.bounds
	switch {
	case s.running+len(s.long.byTag) >= b.callsPerSession:
		return &overBound{bound: "MaxCallsPerConn", limit: int64(b.callsPerSession)}
	case s.c.bytes-s.c.owed+int64(s.pieces.charged) >= b.connBytes:
		return &overBound{bound: "MaxConnBytes", limit: b.connBytes}
	}
	if n := s.c.heldLocked() - int64(m.own); n > b.small && !s.c.mayHoldLocked(n) {
		return s.c.overShareLocked()
	}
	return nil
}

// shed turns away the call that a frame belongs to, of which the beginning has come. A
// frame that is no call is only passed over, unless the session has not begun.
func (s *muxSession) shed(in []byte, _ *call, why *overBound) (rest int) {
	f, _, err := thriftmux.ParseFrame(in, s.c.srv.bounds.message)
	n, sizeErr := wire.FrameSize(in, s.c.srv.bounds.message)
	if err != nil || sizeErr != nil || n == 0 || s.phase != muxOpen {
		return -1
	}
	switch {
	case f.Type == thriftmux.Tdispatch && (f.More || s.pieces.begun[f.Tag] != nil):
		if s.pieces.shed(&f, why) != nil {
			return -1
		}
	case f.Type == thriftmux.Tdispatch, f.Type == thriftmux.Treq:
		s.c.mu.Lock()
		s.nackLocked(&f, mux.SendAgain, mux.Overloaded, why.refusal().Error())
		s.c.mu.Unlock()
	}
	return n - len(in)
}

// contextHeader copies contexts, and behind them the headers that the application
// set, which are one of them. It also returns the value of the call's deadline.
func contextHeader(contexts *thriftmux.Pairs) (h mux.Header, deadline string) {
	if contexts.Len() == 0 {
		return nil, ""
	}
	var app string
	h = appendFields(make(mux.Header, 0, contexts.Len()), contexts)
	for i := range h {
		switch h[i].Key {
		case thriftmux.DeadlineKey:
			deadline = h[i].Value
		case thriftmux.RequestHeadersKey:
			app = h[i].Value
		}
	}
	if headers, ok := thriftmux.ParseHeaders([]byte(app)); ok {
		h = appendFields(h, &headers)
	}
	return h, deadline
}

// appendFields copies pairs, all of them at once.
func appendFields(h mux.Header, pairs *thriftmux.Pairs) mux.Header {
	for rest := string(pairs.Bytes()); rest != ""; {
		var f mux.Field
		f.Key, rest = cutField(rest)
		f.Value, rest = cutField(rest)
		h = append(h, f)
	}
	return h
}

// cutField takes off a field with its length before it, which was checked.
func cutField(s string) (field, rest string) {
	end := 2 + (int(s[0])<<8 | int(s[1]))
	return s[2:end], s[end:]
}
