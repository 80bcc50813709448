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
// first and the reply last. It panics if a filter is nil or returns a nil handler,
// as that is a mistake of the program.
func Chain(h Handler, filters ...Filter) Handler {
	h, err := chain(h, filters)
	if err != nil {
		panic(fmt.Errorf("mux: Chain: %w", err))
	}
	return h
}
