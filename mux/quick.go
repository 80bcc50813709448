package mux

import (
	"context"
	"slices"
)

// Quick returns h with a promise: that the methods named, or all if none is,
// never wait, for a lock that is held long, the network, a disk or a timer. A
// server may run such calls one after the other on the goroutine that reads their
// connection, which spares it the most part of what it does for a call that only
// computes a little; but not if calls of other methods came together with them. A
// promise that is broken delays the calls behind it on its
// connection, by 20 to 40 ms each time, and nothing else.
//
// It is for handlers that are registered:
//
//	m.Handle("Counters", mux.Quick(mux.Processor(p), "get", "increment"))
func Quick(h Handler, methods ...string) Handler {
	return &quick{h, slices.Clone(methods)}
}

type quick struct {
	next    Handler
	methods []string // none: all
}

func (q *quick) ServeThrift(ctx context.Context, req *Request) (Reply, error) {
	return q.next.ServeThrift(ctx, req)
}

// QuickHandler is a Handler that knows which methods never wait. A [Mux] is one.
type QuickHandler interface {
	Handler
	// IsQuick reports whether calls of the method may run on a goroutine that
	// others wait for. The names are those a call has on the wire, which
	// strangers may have made up. It is asked on the goroutine that reads the
	// connection, and must neither block nor panic.
	IsQuick(service, method string) bool
}

// IsQuick reports whether service is known and was registered with [Quick] for
// method. A service with filters is as quick as they are.
func (m *Mux) IsQuick(service, method string) bool {
	r := m.Lookup(service)
	if r == nil || r.quick == nil {
		return false
	}
	return len(r.quick.methods) == 0 || slices.Contains(r.quick.methods, method)
}
