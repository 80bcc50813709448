package mux

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// maxLabels bounds the method names that a route without a list of its methods
// admits as labels.
const maxLabels = 256

// otherLabel stands for all names that are not admitted as labels.
const otherLabel = "other"

// Route is a service in a table: its name and its handler with the service's
// filters around it. It does not change once it stands in a Mux.
type Route struct {
	// Service is the name that the service was registered under, also for calls
	// that came by an alias.
	Service string

	handler Handler
	methods methodSet // what the handler serves; nil if it does not say
	labels  *labelSet // for handlers that do not say
	quick   *quick    // nil if nothing was promised
}

// A methodLister is a handler that knows the methods it serves.
type methodLister interface{ Methods() []string }

// A methodSet tells about single methods too.
type methodSet interface {
	methodLister
	has(method string) bool
	isOneway(method string) bool
}

// listed is the methodSet of a handler that knows no more than their names.
type listed map[string]struct{}

func (l listed) Methods() []string { return slices.Sorted(maps.Keys(l)) }

func (l listed) has(method string) bool { _, ok := l[method]; return ok }

func (listed) isOneway(string) bool { return false }

func newRoute(service string, h Handler, filters []Filter) (*Route, error) {
	q, _ := h.(*quick)
	if q != nil {
		h = q.next
	}
	r := &Route{Service: service, handler: h, quick: q}
	if len(filters) > 0 {
		var err error
		if r.handler, err = chain(recovered{h}, filters); err != nil {
			return nil, err
		}
	}
	switch h := h.(type) {
	case methodSet:
		r.methods = h // no copy: of many services, the collector looks at each again and again
	case methodLister:
		set := make(listed)
		for _, m := range h.Methods() {
			set[m] = struct{}{}
		}
		r.methods = set
	}
	return r, r.checkQuick()
}

// Methods returns the sorted names of the methods that the service is known to
// have. It is nil for a raw handler, which may answer any.
func (r *Route) Methods() []string {
	if r.methods == nil {
		return nil
	}
	return r.methods.Methods()
}

// MayHave reports whether the service may have the method: not if it is known to
// have others only. A raw handler may have any.
func (r *Route) MayHave(method string) bool {
	return r.methods == nil || r.methods.has(method)
}

// MethodLabel returns method if it is one of the service's, and "other" if not.
// A raw service admits the first 256 names it is asked for, and goes on with
// these when it is replaced.
func (r *Route) MethodLabel(method string) string {
	if r.methods != nil {
		if r.methods.has(method) {
			return method
		}
		return otherLabel
	}
	if r.labels != nil && r.labels.admit(method) {
		return method
	}
	return otherLabel
}

// serve runs the call on the route, with the route's name as the service, and
// puts back what stood there before. It turns a panic of a filter or the handler
// into a PanicError. It cannot stop runtime.Goexit, which ends the goroutine:
// sessions answer for that.
//
// The reply is left in rep, which must be zero: each level that returned it would
// copy it, which takes longer than the routing. For the same reason the most
// common handlers are called without a level of their own.
func (r *Route) serve(ctx context.Context, req *Request, rep *Reply) (err error) {
	service, method := req.Service, req.Method
	defer func() {
		req.Service, req.Method = service, method
		if v := recover(); v != nil {
			*rep, err = Reply{}, NewPanicError(v)
		}
	}()
	req.Route, req.Service = r, r.Service
	switch h := r.handler.(type) {
	case *processor:
		return h.serve(ctx, req, rep)
	case HandlerFunc:
		*rep, err = h(ctx, req)
	default:
		*rep, err = h.ServeThrift(ctx, req)
	}
	return err
}

// labelSet is a bounded set of names, read without a lock.
type labelSet struct {
	names atomic.Pointer[map[string]struct{}]
	mu    sync.Mutex // held to replace names
}

func (s *labelSet) admit(name string) bool {
	if names := s.names.Load(); names != nil {
		if _, ok := (*names)[name]; ok || len(*names) >= maxLabels {
			return ok
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]struct{}{}
	if old := s.names.Load(); old != nil {
		names = maps.Clone(*old)
	}
	if _, ok := names[name]; !ok && len(names) >= maxLabels {
		return false
	}
	names[name] = struct{}{}
	s.names.Store(&names)
	return true
}
