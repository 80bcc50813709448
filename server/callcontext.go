package server

import (
	"context"
	"sync"
	"time"

	"github.com/oneport-thrift/oneport/mux"
)

// callContext is the context of one call that can be taken back or has a
// deadline. Most handlers never wait for the end of theirs: what that takes is
// made for those that do, so that the others cost one allocation.
type callContext struct {
	parent   context.Context // of the connection; has no deadline
	contexts mux.Header      // for mux.ContextsFrom
	deadline time.Time       // zero: none

	mu    sync.Mutex
	inner context.Context // made when somebody waits for the end
	stop  context.CancelCauseFunc
	cause error // why the call has ended, nil before
}

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
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.inner != nil:
		return c.inner.Err()
	case c.cause != nil:
		return context.Canceled
	case c.parent.Err() != nil:
		return c.parent.Err()
	case !c.deadline.IsZero() && !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	}
	return nil
}

// Value answers for the contexts of the call. Package context asks it for the
// context behind Done, to hang others on that without a goroutine, and for the
// cause of an end.
func (c *callContext) Value(key any) any {
	if key == (mux.ContextsKey{}) {
		return c.contexts
	}
	c.mu.Lock()
	inner := c.inner
	if c.cause != nil {
		inner = c.standard()
	}
	c.mu.Unlock()
	if inner != nil {
		return inner.Value(key)
	}
	return c.parent.Value(key)
}

// standard returns the context behind Done. Called with mu held.
func (c *callContext) standard() context.Context {
	if c.inner != nil {
		return c.inner
	}
	c.inner, c.stop = context.WithCancelCause(c.parent)
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
	if c.cause != nil {
		return
	}
	c.cause = cause
	if c.stop != nil {
		c.stop(cause)
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
