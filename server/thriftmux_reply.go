package server

import (
	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// What Finagle's clients do with a call that fails is told by flags ("Mux,
// response context MuxFailure").
const (
	// flagsResend: it was not attempted, and may be sent again, elsewhere best.
	flagsResend = thriftmux.Retryable | thriftmux.Rejected
	// flagsNever: it was not attempted, and sending it again is of no use.
	flagsNever = thriftmux.Rejected | thriftmux.NonRetryable
)

// failNever says that sending a call again is of no use.
var failNever = failureHeader(thriftmux.NonRetryable)

// nacks are the contexts of the usual NACKs.
var nacks = map[mux.Code]struct{ resend, never thriftmux.Pairs }{
	mux.Overloaded:       {nackHeader(flagsResend, mux.Overloaded), nackHeader(flagsNever, mux.Overloaded)},
	mux.Unavailable:      {nackHeader(flagsResend, mux.Unavailable), nackHeader(flagsNever, mux.Unavailable)},
	mux.DeadlineExceeded: {nackHeader(flagsResend, mux.DeadlineExceeded), nackHeader(flagsNever, mux.DeadlineExceeded)},
}

// nackContexts returns the contexts of the NACK for a call that was not run. ok is
// false if it is answered with an exception instead: an old client cannot be told
// that it is not to send the call again; and of all codes there are three that a
// client of Finagle's understands by a NACK not to be sent again, since the others
// are failures of the call and not of the server.
func nackContexts(n mux.NotRun, code mux.Code, old bool) (p thriftmux.Pairs, ok bool) {
	usual, known := nacks[code]
	switch {
	case n == mux.SendAgain && known:
		return usual.resend, true
	case n == mux.SendAgain:
		return nackHeader(flagsResend, code), true
	case n == mux.DoNotSendAgain && known && !old:
		return usual.never, true
	}
	return thriftmux.Pairs{}, false
}

// nackHeader lays out the contexts of a NACK: the flags, and the code for clients of
// this project.
func nackHeader(f thriftmux.Failure, code mux.Code) thriftmux.Pairs {
	p := failureHeader(f)
	_ = thriftmux.AddPair(&p, thriftmux.CodeKey, thriftmux.AppendCode(nil, int32(code))) // it fits
	return p
}

// failureHeader is the MuxFailure context alone.
func failureHeader(f thriftmux.Failure) (p thriftmux.Pairs) {
	_ = thriftmux.AddPair(&p, thriftmux.FailureKey, f.Append(nil)) // it fits
	return p
}

// appendFrame appends the answer to a call as one frame.
func (s *muxSession) appendFrame(dst []byte, m *call) []byte {
	dst, mark := thriftmux.BeginFrame(dst, answerType(m.mux.old), m.mux.tag)
	dst = appendAnswer(dst, m)
	thriftmux.EndFrame(dst, mark)
	return dst
}

// appendAnswer appends the body of an answer. Exceptions are Thrift's, but for most
// of the calls that were not run: of these Finagle's clients make no failure of the
// application, and may send the call elsewhere.
func appendAnswer(dst []byte, m *call) []byte {
	rep := &m.result
	if m.notRun != mux.MayHaveRun && rep.Type == wire.Exception {
		code, text, err := wire.ParseException(m.req.Protocol, rep.Body)
		if contexts, ok := nackContexts(m.notRun, mux.Code(code), m.mux.old); ok && err == nil {
			return appendResponse(dst, m.mux.old, thriftmux.Response{Status: thriftmux.StatusNack, Contexts: contexts, Payload: []byte(text)})
		}
	}
	dst = appendResponse(dst, m.mux.old, thriftmux.Response{Contexts: replyContexts(rep.Header)})
	if rep.Type == 0 {
		return dst // of a oneway call: no message, but an answer that frees the tag
	}
	return appendMessage(dst, m)
}

func appendResponse(dst []byte, old bool, r thriftmux.Response) []byte {
	if old {
		return thriftmux.AppendRreq(dst, r)
	}
	return thriftmux.AppendRdispatch(dst, r)
}

func answerType(old bool) thriftmux.Type {
	if old {
		return thriftmux.Rreq
	}
	return thriftmux.Rdispatch
}

// replyContexts lays out the headers of a reply as the one context that
// Finagle's clients read. It leaves out those that have no room in it.
func replyContexts(h mux.Header) thriftmux.Pairs {
	var contexts, headers thriftmux.Pairs
	for _, f := range h {
		if len(headers.Bytes())+4+len(f.Key)+len(f.Value) <= thriftmux.MaxField {
			_ = thriftmux.AddPair(&headers, f.Key, f.Value) // it fits
		}
	}
	if headers.Len() > 0 {
		_ = thriftmux.AddPair(&contexts, thriftmux.ResponseHeadersKey, headers.Bytes())
	}
	return contexts
}

// answer answers a call that was not taken. Called with the connection's lock
// held, by the goroutine that reads.
func (s *muxSession) answer(t thriftmux.Type, tag uint32, r thriftmux.Response) {
	old := t == thriftmux.Treq
	out, mark := thriftmux.BeginFrame(s.frame[:0], answerType(old), tag)
	out = appendResponse(out, old, r)
	thriftmux.EndFrame(out, mark)
	s.frame = out
	s.put(out)
}

// nack refuses a call that came in f. Called with the connection's lock held, by the
// goroutine that reads. An old client's call has no deadline, and so is never one
// that may not be sent again.
func (s *muxSession) nack(f *thriftmux.Frame, n mux.NotRun, code mux.Code, text string) {
	contexts, _ := nackContexts(n, code, false)
	s.answer(f.Type, f.Tag, thriftmux.Response{Status: thriftmux.StatusNack, Contexts: contexts, Payload: []byte(text)})
}

// fail answers a call that makes no sense; the session goes on.
func (s *muxSession) fail(f *thriftmux.Frame, text string) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.answer(f.Type, f.Tag, thriftmux.Response{Status: thriftmux.StatusError, Contexts: failNever, Payload: []byte(text)})
}

// oversized tells the client of a call that is over a limit, which ends the
// session.
func (s *muxSession) oversized(f *thriftmux.Frame, err error) {
	if f.Type == thriftmux.Tdispatch || f.Type == thriftmux.Treq {
		s.fail(f, err.Error())
	}
}

// longReply is a reply that is cut into pieces which the client wants to receive
// ("Mux, fragments").
type longReply struct {
	tag    uint32
	body   *conn.Buffer
	pieces thriftmux.Fragments
}

// maxRound is from where on a write takes no more pieces of long replies, so that
// others need not wait for all of them.
const maxRound = 64 << 10

// cutUp turns the frame at the end of dst into a long reply. Its first piece
// stays. Called with the connection's lock held.
func (s *muxSession) cutUp(dst []byte, start int, tag uint32) []byte {
	frame := dst[start+thriftmux.FrameOverhead:]
	r := longReply{tag: tag, body: conn.Take(len(frame))}
	r.body.B = append(r.body.B, frame...)
	r.pieces = thriftmux.Split(thriftmux.Rdispatch, tag, r.body.B, s.window)
	dst, _ = r.pieces.Next(dst[:start])
	s.c.charge(r.pieces.Left())
	s.long = append(s.long, r)
	return dst
}

// refill moves pieces of long replies to the outbox, one of each in turn.
func (s *muxSession) refill() {
	c := s.c
	for len(s.long) > 0 && (c.out.Len() < maxRound || c.broken != nil) {
		r := s.long[0]
		s.long = s.long[1:]
		left, more := r.pieces.Left(), false
		if c.broken == nil {
			before := c.out.Len()
			var out []byte
			out, more = r.pieces.Next(c.out.Room(min(left, s.window) + thriftmux.FrameOverhead))
			c.out.Set(out)
			c.charge(c.out.Len() - before)
			c.charge(r.pieces.Left() - left)
		} else {
			c.charge(-left)
		}
		if more {
			s.long = append(s.long, r)
		} else {
			r.body.Release()
		}
	}
}
