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
// outlive its client. A [Mux] is one.
type OnewayHandler interface {
	Handler
	// IsOneway reports whether the method has no reply. The names are those a
	// call has on the wire.
	IsOneway(service, method string) bool
}

// IsOneway reports whether service is known and method one of its oneway ones.
func (m *Mux) IsOneway(service, method string) bool {
	r := m.Lookup(service)
	return r != nil && r.methods != nil && r.methods.isOneway(method)
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
