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
// made for those that do, so that the others cost one allocation.
type callContext struct {
	parent   context.Context // of the connection; has no deadline
	slot     mux.HeaderSlot  // its Header begins with the contexts
	deadline time.Time       // zero: none
	contexts int32           // how many of slot.Header mux.ContextsFrom returns

	// state tells what there is to see under the lock, so that most calls take
	// none. It changes once.
	state atomic.Uint32

	mu    sync.Mutex
	inner context.Context // made when somebody waits for the end
	stop  context.CancelCauseFunc
	cause error // why the call has ended, nil before
}

// The states of a callContext.
const (
	ctxQuiet  = iota // nobody waits for the end, which has not come
	ctxLooked        // look under the lock
	ctxOver          // the call was completed while nobody waited
)

// errDeadline is the cause of the end of a context by its deadline.
var errDeadline = &mux.Error{Code: mux.DeadlineExceeded, Message: "the call's deadline has passed"}

// Deadline returns the deadline that came with the call.
func (c *callContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

// Done returns a channel that is closed when the call is to end.
func (c *callContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.standard().Done()
}

// Err says whether the call is to end, and why in the words of package context.
func (c *callContext) Err() error {
	switch c.state.Load() {
	case ctxQuiet:
		if err := c.parent.Err(); err != nil {
			return err
		}
		if !c.deadline.IsZero() && !time.Now().Before(c.deadline) {
			return context.DeadlineExceeded
		}
		return nil
	case ctxOver:
		return context.Canceled
	}
	c.mu.Lock()
	defer c.mu.Unlock()
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
	if c.state.Load() == ctxQuiet {
		return c.parent.Value(key)
	}
	c.mu.Lock()
	inner := c.standard()
	c.mu.Unlock()
	return inner.Value(key)
}

// standard returns the context behind Done. Called with mu held.
func (c *callContext) standard() context.Context {
	if c.inner != nil {
		return c.inner
	}
	c.inner, c.stop = context.WithCancelCause(c.parent)
	c.look()
	switch {
	case c.cause != nil:
		c.stop(c.cause)
	case !c.deadline.IsZero():
		stop := c.stop
		var free context.CancelFunc
		c.inner, free = context.WithDeadlineCause(c.inner, c.deadline, errDeadline)
		c.stop = func(cause error) { stop(cause); free() }
	}
	return c.inner
}

// end ends the context. It may be called more than once; the first cause stays.
func (c *callContext) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	if c.cause != nil {
		return
	}
	c.cause = cause
	if c.stop != nil {
		c.stop(cause)
	}
}

// look makes everybody look under the lock. Called with mu held.
func (c *callContext) look() {
	if !c.state.CompareAndSwap(ctxQuiet, ctxLooked) && c.state.Load() == ctxOver && c.cause == nil {
		c.cause = context.Canceled
	}
}

// completed ends the context of a call that has been answered.
func (c *callContext) completed() {
	if !c.state.CompareAndSwap(ctxQuiet, ctxOver) {
		c.end(context.Canceled)
	}
}

// over returns why the call is to end, as an error for its caller, or nil.
func (c *callContext) over() error {
	switch c.Err() {
	case nil:
		return nil
	case context.DeadlineExceeded:
		return errDeadline
	}
	return errClientGone
}
