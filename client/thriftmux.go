package client

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// muxSession is a session of Finagle's ThriftMux: calls are matched by tags, and
// carry the contexts of their callers; the server is told of those that are given
// up, is asked for signs of life, and can end the session without losing a call.
type muxSession struct {
	c        *connection
	protocol wire.Protocol
	limit    int // of a message
	window   int // the largest body of a frame that the server wants

	old atomic.Bool // the server knows only Treq

	// Of the one who reads.
	pieces   thriftmux.Assembler
	answered bool // the server has answered a Tdispatch

	// Guarded by the connection's lock.
	contexts, headers []byte // memory for those of a call
}

func openThriftMux(c *connection) session {
	return &muxSession{
		c:        c,
		protocol: c.pool.protocol,
		limit:    c.client.bounds.message,
		window:   c.window,
		pieces:   thriftmux.Assembler{Message: c.client.bounds.message, Stored: -1, Messages: -1},
	}
}

// Tags below thriftmux.MinTag are not for calls; ids begin at 1.
const tagsBelow = thriftmux.MinTag - 1

func tagOf(id uint32) uint32 { return id + tagsBelow }

// idOf returns the id of a tag, 0 if it is none of a call.
func idOf(tag uint32) uint32 { return max(tag, tagsBelow) - tagsBelow }

func (s *muxSession) appendCancel(dst []byte, id uint32, why error) []byte {
	text := why.Error()
	return thriftmux.AppendTdiscarded(dst, tagOf(id), text[:min(len(text), maxWhy)])
}

func (s *muxSession) appendPing(dst []byte) []byte {
	return thriftmux.AppendEmpty(dst, thriftmux.Tping, thriftmux.SessionTag)
}

// maxWhy bounds what a server is told of the reason for a cancel, in bytes.
const maxWhy = 256

func (s *muxSession) next(in []byte, r *reply) (int, error) {
	f, n, err := thriftmux.ParseFrame(in, s.limit)
	if err != nil || n == 0 {
		return 0, err
	}
	return n, s.take(f, r)
}

// take handles a frame ("Mux, ping, discard, lease, drain").
func (s *muxSession) take(f thriftmux.Frame, r *reply) error {
	switch f.Type {
	case thriftmux.Rdispatch:
		return s.answer(f, r)
	case thriftmux.Rreq:
		a, err := thriftmux.ParseRreq(f.Body)
		if err != nil {
			return err
		}
		return s.outcome(r, f.Tag, a)
	case thriftmux.Rdiscarded:
		s.pieces.Drop(f.Tag)
		s.exception(r, f.Tag, mux.MayHaveRun, mux.Canceled, "the server discarded the call")
	case thriftmux.Rerr:
		s.refused(f, r)
	case thriftmux.Tping:
		s.c.post(thriftmux.AppendEmpty(nil, thriftmux.Rping, f.Tag), false)
	case thriftmux.Tdrain:
		s.c.post(thriftmux.AppendEmpty(nil, thriftmux.Rdrain, f.Tag), true)
	case thriftmux.Tlease:
		d, err := thriftmux.ParseTlease(f.Body)
		if err != nil {
			return err
		}
		s.c.leased(d)
	case thriftmux.Rping:
		// That it came is all there is to it.
	default:
		if f.More {
			return fmt.Errorf("fragment of %v", f.Type)
		}
		// A server has no reason to send it; Finagle's client passes over it too.
	}
	return nil
}

// answer takes an Rdispatch, or a fragment of one.
func (s *muxSession) answer(f thriftmux.Frame, r *reply) error {
	s.answered = true
	if f.More && !s.c.expects(idOf(f.Tag)) {
		return fmt.Errorf("fragment on tag %d, which no call in flight has", f.Tag)
	}
	body, done, err := s.pieces.Add(f)
	if err != nil || !done {
		return err
	}
	a, err := thriftmux.ParseRdispatch(body, thriftmux.Limits{})
	if err != nil {
		return err
	}
	return s.outcome(r, f.Tag, a)
}

// outcome fills in r from the answer to a call. What the server did not run is
// told from what failed.
func (s *muxSession) outcome(r *reply, tag uint32, a thriftmux.Response) error {
	switch {
	case a.Status == thriftmux.StatusOK && len(a.Payload) == 0:
		s.exception(r, tag, mux.MayHaveRun, mux.MissingResult, "the server gave no result")
		return nil
	case a.Status == thriftmux.StatusOK:
		if err := r.message(protocolOf(a.Payload), s.protocol, a.Payload); err != nil {
			return err
		}
		r.id, r.header = idOf(tag), responseHeader(&a.Contexts)
		return nil
	case a.Status == thriftmux.StatusNack && a.Failure()&thriftmux.NonRetryable == 0, a.Resend():
		s.exception(r, tag, mux.SendAgain, codeOf(&a, mux.Overloaded), textOf(a.Payload, "the server refused the call"))
		return nil
	case a.Status == thriftmux.StatusNack:
		s.exception(r, tag, mux.DoNotSendAgain, codeOf(&a, mux.DeadlineExceeded), textOf(a.Payload, "the server refused the call, and wants it no more"))
		return nil
	}
	s.exception(r, tag, mux.MayHaveRun, mux.InternalError, textOf(a.Payload, fmt.Sprintf("the call failed with status %d", a.Status)))
	return nil
}

// textOf returns what a server says, or else what is true anyway. It becomes the string
// of an exception, on which clients in many languages fail if it is not UTF-8.
func textOf(said []byte, otherwise string) string {
	if len(said) == 0 {
		return otherwise
	}
	return text.Valid(string(said))
}

// refused takes an Rerr. As long as no Tdispatch has been answered otherwise, the
// server is an old one, which has run none: those in flight are sent again as
// Treq, and so are the calls that follow.
func (s *muxSession) refused(f thriftmux.Frame, r *reply) {
	if f.Tag < thriftmux.MinTag {
		return
	}
	s.pieces.Drop(f.Tag)
	s.exception(r, f.Tag, mux.MayHaveRun, mux.InternalError, textOf(f.Body, "the server refused the message"))
	if !s.answered {
		s.old.Store(true)
		r.unknown = fmt.Errorf("the server does not know Tdispatch: %q", f.Body)
	}
}

// exception makes r an answer of the session's own.
func (s *muxSession) exception(r *reply, tag uint32, n mux.NotRun, code mux.Code, text string) {
	r.id, r.kind, r.made = idOf(tag), wire.Exception, true
	r.body = wire.AppendMarkedException(nil, s.protocol, int32(code), text, n)
}

// codeOf returns the code that a server of this project sends with a NACK, and
// otherwise the one that is likely.
func codeOf(a *thriftmux.Response, likely mux.Code) mux.Code {
	if code, ok := a.Code(); ok {
		return mux.Code(code)
	}
	return likely
}

// responseHeader copies the headers that the application set.
func responseHeader(contexts *thriftmux.Pairs) mux.Header {
	value, ok := contexts.Get(thriftmux.ResponseHeadersKey)
	if !ok {
		return nil
	}
	pairs, ok := thriftmux.ParseHeaders(value)
	if !ok {
		return nil
	}
	h := make(mux.Header, 0, pairs.Len())
	for key, value := range pairs.All {
		h.Add(string(key), string(value))
	}
	return h
}

// expects reports whether a reply with this id would be one to a call. The one who
// reads calls it.
func (c *connection) expects(id uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending.InUse(id)
}

// post sends a message of the session's own. The reader calls it. With retire
// it also retires the connection, in one step: the server may close at once behind an
// Rdrain, and would take a call that came in between with it.
func (c *connection) post(frame []byte, retire bool) {
	c.mu.Lock()
	if c.state.Load() == dead {
		c.mu.Unlock()
		return
	}
	if c.out.Len()-c.client.bounds.connBytes > c.client.bounds.message+maxPosted {
		c.mu.Unlock()
		c.fail(errUntaken)
		return
	}
	c.out.Set(append(c.out.Room(len(frame)), frame...))
	c.appended += int64(len(frame))
	if retire {
		c.retireLocked()
	}
	write := c.out.Start()
	c.mu.Unlock()
	if write {
		c.flush(false)
	}
}

// maxPosted bounds the answers to a server's pings that wait to be sent, in bytes
// behind as many calls as there can be.
const maxPosted = 64 << 10

var errUntaken = errors.New("the server sends pings and takes no answers")
