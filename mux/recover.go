package mux

import (
	"context"
	"errors"
	"runtime/debug"
)

// recovered turns a panic of a handler into a PanicError. It stands behind the
// filters of a route, so that each of them sees the failure; without filters the
// route itself does the same.
type recovered struct {
	next Handler
	user bool // next is user code
}

// Recovered returns h as a handler that turns a panic into a [PanicError], for
// servers that call a handler which is no Mux. A call counts as run when it reaches
// user code, as it does behind [Chain].
func Recovered(h Handler) Handler {
	switch x := h.(type) {
	case *chain:
		return recovered{next: x.outermost}
	case userCode:
		return recovered{next: x.next, user: true}
	}
	return recovered{h, isUserCode(h)}
}

func (h recovered) ServeThrift(ctx context.Context, req *Request) (rep Reply, err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			rep, err = Reply{}, NewPanicError(v)
		}
		if h.user {
			err = req.leave(ctx, err)
		}
	}()
	if h.user {
		req.state().enter(false)
	}
	if p, ok := h.next.(*processor); ok {
		err = p.serve(ctx, req, &rep) // see Route.serve
		returned = true
		return rep, err
	}
	rep, err = h.next.ServeThrift(ctx, req)
	req.answered = isAnswer(req, &rep, err) // for filters of the service that ask for labels
	switch {
	case !h.user:
	case err == nil:
		req.left()
	default:
		err = req.leave(ctx, err)
	}
	returned = true
	return rep, err
}

// NewPanicError returns the failure for a value that recover returned. Call it
// in the deferred function, while the stack still shows the panic. A value that is a
// *PanicError is returned as it is.
func NewPanicError(value any) *PanicError {
	if p, ok := value.(*PanicError); ok && p != nil {
		return p
	}
	return &PanicError{Value: value, Stack: debug.Stack()}
}

// ErrGoexit is the failure of a call whose handler ended its goroutine by
// runtime.Goexit.
var ErrGoexit = errors.New("mux: the handler called runtime.Goexit")
