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

// nackLocked refuses a call that came in f. The reader calls it. An old client's call
// has no deadline, and so is never one that may not be sent again.
func (s *muxSession) nackLocked(f *thriftmux.Frame, n mux.NotRun, code mux.Code, text string) {
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

// maxRound is the size of a write, in bytes, above which it takes no more pieces of
// long replies, so that other replies need not wait for all of them.
const maxRound = 64 << 10

// appendInPiecesLocked appends the first piece of a reply that is probably over the window;
// the others are a long reply. It is encoded apart, since the outbox would keep the room
// for all of it.
func (s *muxSession) appendInPiecesLocked(dst []byte, m *call) []byte {
	b := conn.Take(m.room())
	b.B = s.appendFrame(b.B, m)
	if !s.overWindow(len(b.B)) {
		dst = append(dst, b.B...)
		b.Release()
		return dst
	}
	r := &longReply{tag: m.mux.tag, body: b}
	r.pieces = thriftmux.Split(thriftmux.Rdispatch, r.tag, b.B[thriftmux.FrameOverhead:], s.window)
	dst, _ = r.pieces.Next(dst)
	s.long.add(r)
	s.c.chargeLocked(r.weight())
	s.c.learnLocked(len(b.B))
	return dst
}

// overWindow reports whether a frame of size bytes is more than the client wants.
func (s *muxSession) overWindow(size int) bool { return size-thriftmux.FrameOverhead > s.window }

// dropLongLocked forgets a long reply, of which some pieces may be in the outbox already.
func (s *muxSession) dropLongLocked(r *longReply) {
	s.long.remove(r)
	s.c.chargeLocked(-r.weight())
	r.body.Release()
}

// refill moves pieces of long replies to the outbox, one of each in turn.
func (s *muxSession) refill(written int) {
	s.unread = max(s.unread-written, 0)
	c := s.c
	for r := s.long.first; r != nil && c.out.Len() < maxRound; r = s.long.first {
		before := c.out.Len()
		out, more := r.pieces.Next(c.out.Room(min(r.pieces.Left(), s.window) + thriftmux.FrameOverhead))
		c.out.Set(out)
		c.chargeLocked(c.out.Len() - before)
		if more {
			s.long.toEnd(r)
		} else {
			s.dropLongLocked(r)
		}
	}
}
