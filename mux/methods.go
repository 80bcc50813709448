package mux

import "context"

// Methods returns h with the list of its methods. It is for handlers of bytes, such
// as forwarders, that could be asked for any method: labels of metrics are then
// exactly these names and "other", however many names strangers make up, and filters
// of interceptors refuse all others. The handler itself is still asked for any method.
// A handler that lists its methods itself, by a method Methods() []string as that of
// [Processor] does, keeps its own list.
//
// Use it on the handler that is registered, inside of [Quick] if both are used:
//
//	m.Handle("Users", mux.Methods(users.Handler("UserApi"), "get", "put"))
//
// It panics if h is nil or no name is given.
func Methods(h Handler, names ...string) Handler {
	if isNil(h) {
		panic("mux: Methods: " + nilError("handler", h).Error())
	}
	if len(names) == 0 {
		panic("mux: Methods: no names; a service without methods has no use")
	}
	if q, ok := h.(*quick); ok {
		return &quick{Methods(q.next, names...), q.methods}
	}
	return &lister{h, listOf(names)}
}

// lister is a handler and the list of its methods.
type lister struct {
	next    Handler
	methods listed
}

func (l *lister) ServeThrift(ctx context.Context, req *Request) (Reply, error) {
	return l.next.ServeThrift(ctx, req)
}
