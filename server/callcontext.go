package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/mux"
)

// callContext is the context of one call that can be taken back or has a
// deadline. Most handlers never wait for the end of theirs: what that takes is
// made for those that do, so that the others cost little memory, and no look at
// the clock: the session tells them when their deadline has passed.
type callContext struct {
	conn     *connection    // its contexts are the parents
	slot     mux.HeaderSlot // its Header begins with the contexts
	deadline time.Time      // zero: none
	contexts int32          // how many of slot.Header mux.ContextsFrom returns
	oneway   bool           // does not end with the client

	// end is nil as long as nobody waits for the end, which has not come, and
	// answered if the call was completed then. It changes twice at most.
	end atomic.Pointer[callEnd]
}

// callEnd is the end of a call's context for those who wait for it.
type callEnd struct {
	mu    sync.Mutex
	inner context.Context // made when somebody asks for it
	stop  context.CancelCauseFunc
	cause error // why the call has ended, nil before
	over  bool  // the call was completed: inner, if it is made, is to be freed at once
}

// answered is the end of all calls that were completed while nobody waited.
var answered = new(callEnd)

// errDeadline is the cause of the end of a context by its deadline.
var errDeadline = &mux.Error{
	Code:    mux.DeadlineExceeded,
	Message: "the call's deadline has passed",
	Err:     context.DeadlineExceeded,
}

// parent returns the connection's context that this one hangs on. It has no
// deadline.
func (c *callContext) parent() context.Context {
	if c.oneway {
		return c.conn.base
	}
	return c.conn.ctx
}

// Deadline returns the deadline that came with the call.
func (c *callContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

// Done returns a channel that is closed when the call is to end.
func (c *callContext) Done() <-chan struct{} { return c.standard().Done() }

// Err says whether the call is to end, and why in the words of package context.
func (c *callContext) Err() error {
	switch c.end.Load() {
	case nil:
		return c.parent().Err()
	case answered:
		return context.Canceled
	}
	return c.standard().Err()
}

// HeaderSlot is for the stub that runs the call.
func (c *callContext) HeaderSlot() *mux.HeaderSlot { return &c.slot }

// Value answers for the contexts of the call, and for its headers. Package context asks it for the
// context behind Done, to hang others on that without a goroutine, and for the
// cause of an end.
func (c *callContext) Value(key any) any {
	if key == (mux.ContextsKey{}) {
		return c.slot.Header[:c.contexts:c.contexts]
	}
	if v, ok := c.slot.Value(key); ok {
		return v
	}
	if c.end.Load() == nil {
		return c.parent().Value(key)
	}
	return c.standard().Value(key)
}

// watched returns the end of the call, for those who wait for it or bring it.
func (c *callContext) watched() *callEnd {
	for {
		e := c.end.Load()
		if e != nil && e != answered {
			return e
		}
		own := new(callEnd)
		if e == answered {
			own.cause, own.over = context.Canceled, true
		}
		if c.end.CompareAndSwap(e, own) {
			return own
		}
	}
}

// standard returns the context behind Done.
func (c *callContext) standard() context.Context {
	e := c.watched()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.inner != nil {
		return e.inner
	}
	e.inner, e.stop = context.WithCancelCause(c.parent())
	switch {
	case e.cause != nil && e.cause != errDeadline:
		e.stop(e.cause)
	case !c.deadline.IsZero():
		stop := e.stop
		var free context.CancelFunc
		e.inner, free = context.WithDeadlineCause(e.inner, c.deadline, errDeadline)
		e.stop = func(cause error) { stop(cause); free() }
	}
	if e.over {
		e.stop(e.cause)
	}
	return e.inner
}

// cancel ends the context. It may be called more than once; the first cause stays.
func (c *callContext) cancel(cause error) {
	e := c.watched()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cause != nil {
		return
	}
	e.cause = cause
	if e.stop != nil {
		e.stop(cause)
	}
}

// expire ends the context at its deadline. Those who wait have a timer of their
// own, by which package context says so in its own words.
func (c *callContext) expire() {
	e := c.watched()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cause == nil {
		e.cause = errDeadline
	}
}

// completed ends the context of a call that has been answered, and takes what is
// behind it off the connection's, whatever ended it before.
func (c *callContext) completed() {
	if c.end.CompareAndSwap(nil, answered) {
		return
	}
	e := c.watched()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over = true; e.cause == nil {
		e.cause = context.Canceled
	}
	if e.stop != nil {
		e.stop(e.cause)
	}
}

// The failures of calls whose contexts had ended before they could be run.
var (
	errLate   = &mux.Error{Code: errDeadline.Code, Message: errDeadline.Message, NotRun: mux.DoNotSendAgain}
	errUnseen = &mux.Error{Code: errClientGone.Code, Message: errClientGone.Message, NotRun: mux.DoNotSendAgain}
)

// over returns why a call that was not run yet is not to be run, as an error for its
// caller, or nil.
func (c *callContext) over() error {
	switch c.Err() {
	case nil:
		return nil
	case context.DeadlineExceeded:
		return errLate
	}
	return errUnseen
}
