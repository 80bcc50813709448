package mux

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/internal/labels"
	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxLabels bounds the method names that a route without a list of its methods
// admits as labels.
const maxLabels = 256

// maxLearned bounds the methods of a route that calls have shown to be oneway.
const maxLearned = 256

// otherLabel stands for all names that are not admitted as labels.
const otherLabel = "other"

// Route is a service in a table: its name and its handler with the service's
// filters around it. It does not change once it stands in a Mux.
type Route struct {
	// Service is the name that the service was registered under, also for calls
	// that came by an alias.
	Service string

	handler Handler             // the service's, with its filters around it
	inner   Handler             // the service's, without its filters and promises
	user    bool                // handler is user code, and no filter is around it
	methods methodSet           // what the handler serves; nil if it does not say
	labels  *labels.Set[string] // for handlers that do not say
	oneways *nameSet            // methods that calls have shown to be oneway
	quick   *quick              // nil if nothing was promised

	filtered bool // the service has filters
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

func listOf(names []string) listed {
	set := make(listed, len(names))
	for _, m := range names {
		set[m] = struct{}{}
	}
	return set
}

func (l listed) Methods() []string { return slices.Sorted(maps.Keys(l)) }

func (l listed) has(method string) bool { _, ok := l[method]; return ok }

func (listed) isOneway(string) bool { return false }

func newRoute(service string, h Handler, filters []Filter) (*Route, error) {
	q, _ := h.(*quick)
	if q != nil {
		h = q.next
	}
	l, _ := h.(*lister)
	if l != nil {
		h = l.next
	}
	r := &Route{Service: service, handler: h, inner: h, oneways: new(nameSet), quick: q, filtered: len(filters) > 0}
	if r.filtered {
		var err error
		if r.handler, err = wrap(recovered{h, isUserCode(h)}, filters); err != nil {
			return nil, err
		}
	} else {
		r.user = isUserCode(h)
	}
	switch m := h.(type) {
	case methodSet:
		r.methods = m // no copy: of many services, the collector looks at each again and again
	case methodLister:
		r.methods = listOf(m.Methods())
	}
	if l != nil && r.methods == nil {
		r.methods = l.methods
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

// MethodLabel returns method if it is one of the service's labels, and "other" if not.
// It is valid UTF-8 of at most 256 bytes, whatever method is: bytes that are not
// UTF-8 become U+FFFD, and a longer name is cut and ends in "…".
//
// A service that lists its methods has those as labels. Any other has at most 256
// in the life of the Mux, also if it is replaced. A name becomes one of them by
// answered calls, which [Request.Labels] counts: the first 16 labels cost one call
// each, the next 16 two, the next four, and so on up to 32,768. A call is answered if
// its result or a declared exception came back, or if it was a oneway call without
// an error. So names that a service refuses never take a label, and names that are
// made up anew for each call take 16 at the most, even from a service that answers
// every name. Strangers who call each name often enough can still fill the table of
// such a service; one with a list has no table to fill: see [Methods].
func (r *Route) MethodLabel(method string) string {
	label := text.Label(method)
	if r.methods != nil {
		if r.methods.has(method) {
			return label
		}
		return otherLabel
	}
	if r.labels != nil && r.labels.Has(label) {
		return label
	}
	return otherLabel
}

// answered tells the route that a call by method was answered.
func (r *Route) answered(method string) {
	if r.labels != nil {
		r.labels.Answered(text.Label(method))
	}
}

// isAnswer reports whether what a handler returned for req shows that there is such a
// method.
func isAnswer(req *Request, rep *Reply, err error) bool {
	switch {
	case err != nil:
		return false
	case rep.Type == 0:
		return req.Type == wire.Oneway
	}
	return rep.Type != wire.Exception
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
	returned := false
	defer func() {
		req.Service, req.Method = service, method
		if returned {
			return
		}
		if v := recover(); v != nil {
			*rep, err = Reply{}, NewPanicError(v)
		}
		err = r.failed(ctx, req, rep, method, err)
	}()
	req.Route, req.Service, req.answered = r, r.Service, false
	if r.user {
		req.state().enter(false)
	}
	switch h := r.handler.(type) {
	case *processor:
		err = h.serve(ctx, req, rep)
	case HandlerFunc:
		*rep, err = h(ctx, req)
	default:
		*rep, err = h.ServeThrift(ctx, req)
	}
	if err != nil {
		err = r.failed(ctx, req, rep, method, err)
		returned = true
		return err
	}
	if r.user {
		req.left()
	}
	if r.labels != nil { // else nobody asks
		req.answered = isAnswer(req, rep, nil)
	}
	if rep.Type == wire.Oneway {
		r.learnOneway(method)
	}
	returned = true
	return nil
}

// failed returns what becomes of the error of the handler. It is nil if the handler
// ends the goroutine.
func (r *Route) failed(ctx context.Context, req *Request, rep *Reply, method string, err error) error {
	if r.user {
		err = req.leave(ctx, err)
	}
	if err != nil && r.isOneway(method) {
		rep.Type = wire.Oneway // nobody waits for the exception
	}
	return err
}

// nameSet is a set of at most maxLearned names, read without a lock.
type nameSet struct {
	names atomic.Pointer[map[string]struct{}]
	mu    sync.Mutex // held to replace names
}

func (s *nameSet) has(name string) bool {
	names := s.names.Load()
	if names == nil {
		return false
	}
	_, ok := (*names)[name]
	return ok
}

// admit adds name if there is room, and reports whether the set has it.
func (s *nameSet) admit(name string) bool {
	if names := s.names.Load(); names != nil {
		if _, ok := (*names)[name]; ok || len(*names) >= maxLearned {
			return ok
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]struct{}{}
	if old := s.names.Load(); old != nil {
		names = maps.Clone(*old)
	}
	if _, ok := names[name]; !ok && len(names) >= maxLearned {
		return false
	}
	names[name] = struct{}{}
	s.names.Store(&names)
	return true
}
