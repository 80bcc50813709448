package mux

import (
	"reflect"
	"strings"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// argumentSize returns the size of the largest struct that can be reached from the
// parameters of the method name, which f runs for the processor p; see
// [protocol.Memory]. It is 0 if that is not known. The struct of the arguments itself
// is made inside of f, out of reach; but f, or else p, holds the user's handler as an
// interface whose methods have the same parameters.
func argumentSize(p thrift.TProcessor, name string, f thrift.TProcessorFunction) int64 {
	t := handlerType(reflect.TypeOf(f))
	if t == nil {
		t = handlerType(reflect.TypeOf(p))
	}
	if t == nil {
		return 0
	}
	named, all := int64(0), int64(0)
	for i := range t.NumMethod() {
		m := t.Method(i)
		for j := range m.Type.NumIn() {
			size := protocol.StructSize(m.Type.In(j))
			if all = max(all, size); plainName(m.Name) == plainName(name) {
				named = max(named, size)
			}
		}
	}
	if named == 0 {
		return all // the compiler has changed the name beyond recognition
	}
	return named
}

// handlerType returns the interface in which what the compiler made for a service or
// a method holds the user's handler, or nil.
func handlerType(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "handler" && f.Type.Kind() == reflect.Interface {
			return f.Type
		}
		if f.Anonymous { // the processor of the service that this one extends
			if inner := handlerType(f.Type); inner != nil {
				return inner
			}
		}
	}
	return nil
}

// plainName is a method's name without what the compiler changes of it in Go.
func plainName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }
