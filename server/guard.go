package server

import (
	"context"

	"github.com/oneport-thrift/oneport/mux"
)

// guard catches the panics of a handler and of filters that catch none.
type guard struct{ next mux.Handler }

// guarded returns h with the filters around it, as a handler that does not panic.
func guarded(h mux.Handler, filters []mux.Filter) mux.Handler {
	if _, ok := h.(*mux.Mux); ok && len(filters) == 0 {
		return h // it catches them itself
	}
	return guard{mux.Chain(h, filters...)}
}

func (g guard) ServeThrift(ctx context.Context, req *mux.Request) (rep mux.Reply, err error) {
	defer func() {
		if v := recover(); v != nil {
			rep, err = mux.Reply{}, mux.NewPanicError(v)
		}
	}()
	return g.next.ServeThrift(ctx, req)
}
