package mux

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/thrift/lib/go/thrift"
)

// isNil reports whether v is nil, or an interface around a nil pointer or func,
// which would panic at the first call.
func isNil(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return r.IsNil()
	}
	return false
}

// nilError says that there is no thing, by its type if it has one.
func nilError(thing string, v any) error {
	if v == nil {
		return errors.New("nil " + thing)
	}
	return fmt.Errorf("nil %s of type %T", thing, v)
}

// checkProcessor says why p cannot be registered.
func checkProcessor(p thrift.TProcessor) error {
	if isNil(p) {
		return nilError("processor", p)
	}
	services := map[string]bool{}
	for name := range p.ProcessorMap() {
		if service, _, ok := strings.Cut(name, thrift.MULTIPLEXED_SEPARATOR); ok {
			services[service] = true
		}
	}
	if _, ok := p.(*thrift.TMultiplexedProcessor); !ok && len(services) == 0 {
		return nil
	}
	return fmt.Errorf("%T routes by the names of services itself, so that its methods would be called %q: "+
		"register each of its processors %q under its own name, and its DefaultProcessor under \"\"",
		p, "service:service:method", slices.Sorted(maps.Keys(services)))
}

// checkHandler says why h cannot be registered.
func checkHandler(h Handler) error {
	if q, ok := h.(*quick); ok && q != nil {
		h = q.next
	}
	if isNil(h) {
		return nilError("handler", h)
	}
	return nil
}

// checkQuick says why a promise of [Quick] cannot be kept: it names a method that
// the service does not have.
func (r *Route) checkQuick() error {
	if r.quick == nil || r.methods == nil {
		return nil
	}
	for _, m := range r.quick.methods {
		if !r.methods.has(m) {
			return fmt.Errorf("Quick names the method %q, which the service does not have", m)
		}
	}
	return nil
}
