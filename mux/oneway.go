package mux

import (
	"context"
	"reflect"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// OnewayHandler is a Handler that knows which methods are oneway. Go's own
// runtime sends a oneway call with the type of any other call, so a server that
// only looked at the type would neither keep later calls behind it nor let it
// outlive its client. A [Mux] is one: it finds the oneway methods of generated
// processors when they are registered, and learns of others (of wrapped processors
// and raw handlers) by the first call that is answered with a Reply of type
// wire.Oneway. Until then such a call is treated as its type says.
type OnewayHandler interface {
	Handler
	// IsOneway reports whether the method has no reply. The names are those a
	// call has on the wire, which strangers may have made up. It is asked on the
	// goroutine that reads the connection, and must neither block nor panic.
	IsOneway(service, method string) bool
}

// IsOneway reports whether service is known and method one of its oneway ones.
func (m *Mux) IsOneway(service, method string) bool {
	r := m.Lookup(service)
	return r != nil && r.isOneway(method)
}

// isOneway reports whether the handler is known to have the oneway method. It goes by
// the name before the service's filters change it.
func (r *Route) isOneway(method string) bool {
	return r.methods != nil && r.methods.isOneway(method) || r.oneways.has(method)
}

// learnOneway notes that a call of the method had no reply. Names that the handler is
// known not to have are left out: a filter renames them.
func (r *Route) learnOneway(method string) {
	if r.MayHave(method) {
		r.oneways.admit(method)
	}
}

// inherits reports whether what calls have taught about old holds for r, which has
// its name: their handlers are the same, and filters cannot have given the methods
// other names.
func (r *Route) inherits(old *Route) bool {
	unfiltered := !r.filtered && !old.filtered
	return (r.methods != nil || unfiltered) && sameHandler(r.inner, old.inner)
}

// sameHandler reports whether a and b are known to be the same: values that cannot be
// compared are not.
func sameHandler(a, b Handler) bool {
	p, ok := a.(*processor)
	q, ok2 := b.(*processor)
	if ok && ok2 {
		return sameValue(p.p, q.p)
	}
	return sameValue(a, b)
}

func sameValue(a, b any) bool {
	v, w := reflect.ValueOf(a), reflect.ValueOf(b)
	return v.IsValid() && w.IsValid() && v.Type() == w.Type() && v.Comparable() && w.Comparable() && a == b
}

// isOneway reports whether f is a oneway method that the compiler made: given
// arguments that end before they begin, a stub of any other method writes an
// exception, and a oneway one nothing. The user's code is not reached. A method
// that something else wraps is not asked, since that would run the user's
// middleware; a server learns of it when it has been called once.
func isOneway(f thrift.TProcessorFunction) bool { return isStub(f) && silent(f) }

// isStub reports whether f is what the compiler makes for a method: a struct with
// the user's handler in it and nothing else.
func isStub(f thrift.TProcessorFunction) bool {
	t := reflect.TypeOf(f)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return false
	}
	t = t.Elem()
	return t.NumField() == 1 && t.Field(0).Name == "handler" && t.Field(0).Type.Kind() == reflect.Interface
}

// silent reports whether f answers arguments that it cannot read with nothing.
func silent(f thrift.TProcessorFunction) (quiet bool) {
	defer func() {
		if recover() != nil {
			quiet = false
		}
	}()
	var c protocol.Binary
	c.ResetBody(protocol.Message{}, nil, nil)
	ok, err := f.Process(context.Background(), 0, &c, &c)
	_, written := c.Message()
	return !ok && err != nil && !written
}
