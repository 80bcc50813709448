package mux

import "context"

// ContextsKey is the key under which a session keeps the contexts of a call in
// the call's context.Context, as a Header. Read them with [ContextsFrom].
type ContextsKey struct{}

// WithContexts returns a context that carries h as the contexts of a call; see
// [ContextsFrom]. h must not be changed afterwards.
func WithContexts(ctx context.Context, h Header) context.Context {
	return context.WithValue(ctx, ContextsKey{}, h)
}

// ContextsFrom returns what travels with the call that ctx belongs to, and with
// the calls that are made on its behalf: the trace identity, the deadline, the
// name of the client, and whatever else the first caller sent. Only ThriftMux
// has such contexts; elsewhere there are none. The key is a context's name, the
// value its bytes, which package thriftmux knows how to read:
//
//	trace, ok := thriftmux.ParseTrace([]byte(mux.ContextsFrom(ctx).Get(thriftmux.TraceKey)))
//
// A client that is handed ctx passes them on. They stand in Request.Header too,
// beside the headers that the application itself set. What is returned must not
// be changed.
func ContextsFrom(ctx context.Context) Header {
	h, _ := ctx.Value(ContextsKey{}).(Header)
	return h
}
