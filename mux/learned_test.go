package mux_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// wrappedFoo returns a processor whose methods are not asked whether they are oneway.
func wrappedFoo() thrift.TProcessor {
	return thrift.WrapProcessor(foo.NewFooApiProcessor(&fooService{}), func(name string, next thrift.TProcessorFunction) thrift.TProcessorFunction {
		return thrift.WrappedTProcessorFunction{Wrapped: next.Process}
	})
}

// noteOn calls the oneway method of the wrapped FooApi.
func noteOn(t *testing.T, m *mux.Mux, service string) {
	t.Helper()
	if err := foo.NewFooApiClient(caller{t, m, service, wire.Binary}).Note(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
}

// onewayHandler answers every call as one of a oneway method, or fails it.
type onewayHandler struct{ err error }

func (h *onewayHandler) ServeThrift(context.Context, *mux.Request) (mux.Reply, error) {
	if h.err != nil {
		return mux.Reply{}, h.err
	}
	return mux.Reply{Type: wire.Oneway}, nil
}

// uncomparable is a handler whose type can be compared, but not its values.
type uncomparable struct{ any }

func (uncomparable) ServeThrift(context.Context, *mux.Request) (mux.Reply, error) {
	return mux.Reply{Type: wire.Oneway}, nil
}

// TestWhatWasLearnedStaysWithTheHandler: a oneway method is known by its first call,
// for as long as the same handler has the service's name, and no longer.
func TestWhatWasLearnedStaysWithTheHandler(t *testing.T) {
	p, raw := wrappedFoo(), new(onewayHandler)
	noFilter := func(next mux.Handler) mux.Handler { return next }
	rename := filter.RenameMethod(filter.Exact(map[string]string{"note": "echo"}))
	register := func(p thrift.TProcessor, filters ...mux.Filter) func(*mux.Table) error {
		return func(tab *mux.Table) error { return tab.Register("S", p, filters...) }
	}
	handle := func(h mux.Handler, filters ...mux.Filter) func(*mux.Table) error {
		return func(tab *mux.Table) error { return tab.Handle("S", h, filters...) }
	}
	for _, tt := range []struct {
		name          string
		before, after func(*mux.Table) error
		want          bool
	}{
		{"the service is left alone", register(p), nil, true},
		{"the same processor", register(p), register(p), true},
		{"the same processor with a filter", register(p), register(p, noFilter), true},
		{"the same processor in Quick", register(p), handle(mux.Quick(mux.Processor(p))), true},
		{"another processor", register(p), register(wrappedFoo()), false},
		{"a raw handler is left alone", handle(raw), nil, true},
		{"the same raw handler", handle(raw), handle(mux.Quick(raw)), true},
		{"a raw handler whose filters may rename", handle(raw), handle(raw, rename), false},
		{"another raw handler", handle(raw), handle(&onewayHandler{errors.New("x")}), false},
		{"a func", handle(mux.HandlerFunc(raw.ServeThrift)), handle(mux.HandlerFunc(raw.ServeThrift)), false},
		{"values that cannot be compared", handle(uncomparable{[]int{1}}), handle(uncomparable{[]int{1}}), false},
		{"values that can", handle(uncomparable{1}), handle(uncomparable{1}), true},
		{"a processor for a raw handler", handle(raw), register(p), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := mux.New()
			if err := m.Update(tt.before); err != nil {
				t.Fatal(err)
			}
			m.Alias("", "S")
			if m.IsOneway("S", "note") {
				t.Fatal("known before the first call")
			}
			noteOn(t, m, "S")
			if !m.IsOneway("S", "note") || !m.IsOneway("", "note") || m.IsOneway("S", "echo") {
				t.Fatal("one call has not taught that note is oneway, and no other method")
			}
			m.Handle("Other", raw)
			if tt.after != nil {
				err := m.Update(func(tab *mux.Table) error { return errors.Join(tab.Remove("S"), tt.after(tab)) })
				if err != nil {
					t.Fatal(err)
				}
			}
			if got := m.IsOneway("S", "note"); got != tt.want || m.IsOneway("Other", "note") {
				t.Errorf("note of the service is known as oneway: %v, want %v; of another service: %v", got, tt.want, m.IsOneway("Other", "note"))
			}
		})
	}
}

// TestWhatWasLearnedGoesWithTheService: a handler that comes back is another service.
func TestWhatWasLearnedGoesWithTheService(t *testing.T) {
	m, p := mux.New(), wrappedFoo()
	m.Register("S", p)
	noteOn(t, m, "S")
	if err := m.Update(func(tab *mux.Table) error { return tab.Remove("S") }); err != nil {
		t.Fatal(err)
	}
	if m.IsOneway("S", "note") {
		t.Error("a service that has gone is known to have a oneway method")
	}
	m.Register("S", p)
	if m.IsOneway("S", "note") {
		t.Error("known before the first call")
	}
}

// TestAFailedOnewayHasNoAnswer: the client of a method that is known to be oneway
// waits for no exception, whatever type its calls have.
func TestAFailedOnewayHasNoAnswer(t *testing.T) {
	m, h := mux.New(), new(onewayHandler)
	var panics bool
	m.Handle("S", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if panics {
			panic("x")
		}
		return h.ServeThrift(ctx, req)
	}))
	serve := func() (mux.Reply, error) { return m.ServeThrift(t.Context(), call("S:note")) }
	h.err = errors.New("x")
	if rep, err := serve(); err == nil || rep.Type != 0 {
		t.Errorf("before it is known: type %v, %v", rep.Type, err)
	}
	h.err = nil
	serve()
	h.err = errors.New("x")
	if rep, err := serve(); err == nil || rep.Type != wire.Oneway {
		t.Errorf("an error: type %v, %v", rep.Type, err)
	}
	panics = true
	if rep, err := serve(); err == nil || rep.Type != wire.Oneway {
		t.Errorf("a panic: type %v, %v", rep.Type, err)
	}
}

// TestLearnedMethodsAreBounded: a raw handler answers every name, which strangers make
// up; a handler that lists its methods teaches only of these.
func TestLearnedMethodsAreBounded(t *testing.T) {
	m := mux.New()
	m.Handle("Raw", new(onewayHandler))
	m.Register("Listed", wrappedFoo(), filter.RenameMethod(func(string) (string, bool) { return "note", true }))
	known := map[string]int{}
	for i := range 1000 {
		for _, service := range []string{"Raw", "Listed"} {
			method := fmt.Sprint("m", i)
			if err := foo.NewFooApiClient(caller{t, m, service, wire.Binary}).Note(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
			req := call(service + ":" + method)
			m.ServeThrift(t.Context(), req)
			if m.IsOneway(service, method) {
				known[service]++
			}
		}
	}
	if known["Raw"] != 255 || known["Listed"] != 0 {
		t.Errorf("%v made-up methods are known as oneway, want 255 of Raw and none of Listed", known)
	}
}
