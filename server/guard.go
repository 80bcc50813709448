package server

import (
	"github.com/oneport-thrift/oneport/mux"
)

// guarded returns h with the filters around it, as a handler that does not panic.
func guarded(h mux.Handler, filters []mux.Filter) mux.Handler {
	if _, ok := h.(*mux.Mux); ok && len(filters) == 0 {
		return h // it catches them itself
	}
	return mux.Recovered(mux.Chain(h, filters...))
}
