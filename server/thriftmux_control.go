package server

import (
	"fmt"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
)

// errDuplicate is the cause of the end of calls whose session broke the rules.
var errDuplicate = &mux.Error{Code: mux.Canceled, Message: "the client used a tag twice"}

// inUse reports whether a call with this tag runs, or its reply is on its way.
// Called with the connection's lock held.
func (s *muxSession) inUse(tag uint32) bool {
	return s.tags.get(tag) != nil || s.long.byTag[tag] != nil
}

// duplicate answers all calls that run, after tag came twice ("Mux, faults"). It
// returns their contexts, which are to be ended. Called with the connection's
// lock held.
func (s *muxSession) duplicate(tag uint32) (ended []*callContext) {
	why := fmt.Sprintf("Received duplicate tag %d from client.", tag)
	for r := s.long.first; r != nil; r = s.long.first {
		s.put(thriftmux.AppendRerr(nil, r.tag, why))
		s.dropLongLocked(r)
	}
	for t, m := range s.tags.all() {
		m.mux.discarded = true
		ended = append(ended, m.mux.ctx)
		s.put(thriftmux.AppendRerr(nil, t, why))
	}
	s.tags = tagTable{}
	return ended
}

// maxWhy bounds how much of a client's reason for a cancel is kept, in bytes.
const maxWhy = 256

// discarded takes a Tdiscarded. A call that has been answered, or has not come
// in whole, is no more known by its tag: there is no answer.
func (s *muxSession) discarded(f *thriftmux.Frame) error {
	if f.More {
		return fmt.Errorf("server: fragment of %v", f.Type)
	}
	d, err := thriftmux.ParseTdiscarded(f.Body)
	if err != nil {
		return err
	}
	s.pieces.drop(d.Tag)
	switch ctx := s.takeBack(d.Tag); {
	case ctx == nil:
	case !ctx.deadline.IsZero() && !time.Now().Before(ctx.deadline):
		ctx.expire() // the client noticed before the session's timer did
	default:
		why := d.Why[:min(len(d.Why), maxWhy)]
		ctx.cancel(&mux.Error{Code: mux.Canceled, Message: fmt.Sprintf("the client took the call back: %q", why)})
	}
	return nil
}

// takeBack sees to it that a call gets no answer but an Rdiscarded. It returns
// the call's context if it runs.
func (s *muxSession) takeBack(tag uint32) (ctx *callContext) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if m := s.tags.get(tag); m != nil {
		s.tags.remove(tag)
		m.mux.discarded = true
		ctx = m.mux.ctx
	} else if r := s.long.byTag[tag]; r != nil {
		s.dropLongLocked(r)
	} else {
		return nil
	}
	s.frame = thriftmux.AppendEmpty(s.frame[:0], thriftmux.Rdiscarded, tag)
	s.put(s.frame)
	return ctx
}

// muxEnding is how far the end of a session has come.
type muxEnding int

const (
	muxGoesOn muxEnding = iota
	muxAsked            // the client was asked to start no more calls
	muxAgreed           // it starts none: what comes is refused, and the last reply is the end
)

// drain asks the client to start no more calls. A session that has not begun has
// none, and just ends. Called with the connection's lock held.
func (s *muxSession) drain() bool {
	if !s.hasBegun {
		return false
	}
	if s.ending == muxGoesOn {
		s.ending = muxAsked
		s.put(thriftmux.AppendEmpty(nil, thriftmux.Tdrain, thriftmux.SessionTag))
	}
	return true
}

// acknowledged reports whether f is the answer to a Tdrain. A client that knows
// no Tdrain, and says so, gets its calls refused too.
func (s *muxSession) acknowledged(f *thriftmux.Frame) bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.ending != muxAsked || f.Tag != thriftmux.SessionTag || f.More {
		return false
	}
	s.ending = muxAgreed
	if s.running == 0 {
		s.idle()
	}
	return true
}
