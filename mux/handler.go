package mux

import (
	"context"
	"fmt"
)

// A Handler answers one call.
//
// ServeThrift may be called by any number of goroutines at once. It must not
// keep req, req.Body or req.Scratch after it returned, nor let anything it
// started on them run on. The reply to a oneway call is dropped.
type Handler interface {
	ServeThrift(ctx context.Context, req *Request) (Reply, error)
}

// HandlerFunc makes a Handler of a function.
type HandlerFunc func(ctx context.Context, req *Request) (Reply, error)

// ServeThrift calls f.
func (f HandlerFunc) ServeThrift(ctx context.Context, req *Request) (Reply, error) {
	return f(ctx, req)
}

// A Filter wraps a handler in another. It is called once, when the chain is
// built; what it returns runs for each call. A filter that changes Service or
// Method of the request puts them back before it returns.
type Filter func(next Handler) Handler

// Chain wraps h in filters. The first filter is the outermost: it sees the call
// first and the reply last. A call counts as run from when it reaches h, unless h
// is a [Mux] or a [Forwarder]: what a filter refuses without calling next is not run.
// Chain panics if a filter is nil or returns a nil handler, as that is a mistake of
// the program.
func Chain(h Handler, filters ...Filter) Handler {
	h, err := wrap(h, filters)
	if err != nil {
		panic(fmt.Errorf("mux: Chain: %w", err))
	}
	if len(filters) == 0 {
		return h
	}
	return &chain{h}
}

// wrap is Chain without a mark on what it returns, and with an error where that
// panics.
func wrap(h Handler, filters []Filter) (Handler, error) {
	if isUserCode(h) {
		h = userCode{h}
	}
	for i := len(filters) - 1; i >= 0; i-- {
		if filters[i] == nil {
			return nil, fmt.Errorf("filter %d of %d is nil (counted from 0)", i, len(filters))
		}
		if h = filters[i](h); isNil(h) {
			return nil, fmt.Errorf("filter %d of %d returned a nil handler (counted from 0)", i, len(filters))
		}
	}
	return h, nil
}

// chain is a handler in filters, which notes by itself where user code begins.
type chain struct{ outermost Handler }

func (c *chain) ServeThrift(ctx context.Context, req *Request) (Reply, error) {
	return c.outermost.ServeThrift(ctx, req)
}
