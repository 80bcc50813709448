package mux_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

var errStop = errors.New("stop")

// shop is a mux with the services Store and Till, and Shop, an alias of Store.
func shop() *mux.Mux {
	m := mux.New()
	m.Handle("Store", names)
	m.Handle("Till", names)
	m.Alias("Shop", "Store")
	return m
}

func TestUpdate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*mux.Table) error
		leads  map[string]string // names to services, "" for none
	}{
		{"nothing", func(*mux.Table) error { return nil }, nil},
		{"add", func(t *mux.Table) error { return t.Handle("Desk", names) }, map[string]string{"Desk": "Desk"}},
		{"register", func(t *mux.Table) error {
			return t.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
		}, map[string]string{"FooApi": "FooApi"}},
		{"an alias before its service", func(t *mux.Table) error {
			return errors.Join(t.Alias("Counter", "Desk"), t.Handle("Desk", names))
		}, map[string]string{"Counter": "Desk", "Desk": "Desk"}},
		{"a default", func(t *mux.Table) error { return t.Alias("", "Till") }, map[string]string{"": "Till"}},
		{"remove a service", func(t *mux.Table) error { return t.Remove("Till") }, map[string]string{"Till": ""}},
		{"remove an alias", func(t *mux.Table) error { return t.Remove("Shop") }, map[string]string{"Shop": "", "Store": "Store"}},
		{"remove both", func(t *mux.Table) error {
			return errors.Join(t.Remove("Store"), t.Remove("Shop"))
		}, map[string]string{"Shop": "", "Store": ""}},
		{"turn an alias", func(t *mux.Table) error {
			return errors.Join(t.Remove("Shop"), t.Alias("Shop", "Till"))
		}, map[string]string{"Shop": "Till"}},
		{"make a service an alias", func(t *mux.Table) error {
			return errors.Join(t.Remove("Till"), t.Alias("Till", "Store"))
		}, map[string]string{"Till": "Store"}},
		{"the longest name", func(t *mux.Table) error {
			return t.Handle(strings.Repeat("n", wire.DefaultName/2), names)
		}, map[string]string{strings.Repeat("n", wire.DefaultName/2): strings.Repeat("n", wire.DefaultName/2)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := shop()
			if err := m.Update(tt.change); err != nil {
				t.Fatal(err)
			}
			for name, want := range tt.leads {
				if r := m.Lookup(name); (r == nil) != (want == "") || r != nil && r.Service != want {
					t.Errorf("%q leads to %+v, want %q", name, r, want)
				}
			}
		})
	}
}

func TestADefaultOfItsOwn(t *testing.T) {
	m := shop()
	m.Handle("", names)
	if r := m.Lookup(""); r == nil || r.Service != "" {
		t.Errorf("the default is %+v", r)
	}
}

// TestAnErrorLeavesTheOldTable changes all there is before each mistake.
func TestAnErrorLeavesTheOldTable(t *testing.T) {
	for _, tt := range []struct {
		name    string
		mistake func(*mux.Table) error
		text    string
	}{
		{"the caller's own", func(*mux.Table) error { return errStop }, "stop"},
		{"name with a colon", func(t *mux.Table) error { return t.Handle("a:b", names) }, "first colon"},
		{"alias with a colon", func(t *mux.Table) error { return t.Alias(":", "Till") }, "first colon"},
		{"name like JSON", func(t *mux.Table) error { return t.Handle("[1", names) }, "JSON"},
		{"name too long", func(t *mux.Table) error {
			return t.Handle(strings.Repeat("n", wire.DefaultName/2+1), names)
		}, "513 bytes is over the limit of 512"},
		{"service twice", func(t *mux.Table) error { return t.Handle("Till", names) }, `"Till" is already registered`},
		{"service like an alias", func(t *mux.Table) error { return t.Handle("Pay", names) }, `as an alias of "Till"`},
		{"alias like a service", func(t *mux.Table) error { return t.Alias("Till", "Till") }, `"Till" is already registered`},
		{"nil handler", func(t *mux.Table) error { return t.Handle("Desk", nil) }, "nil handler"},
		{"nil processor", func(t *mux.Table) error { return t.Register("Desk", nil) }, "nil processor"},
		{"nil func", func(t *mux.Table) error { return t.Handle("Desk", mux.HandlerFunc(nil)) }, `service "Desk": nil handler of type mux.HandlerFunc`},
		{"nil mux", func(t *mux.Table) error { return t.Handle("Desk", (*mux.Mux)(nil)) }, `service "Desk": nil handler of type *mux.Mux`},
		{"nil of a type", func(t *mux.Table) error { return t.Register("Desk", (*foo.FooApiProcessor)(nil)) }, `service "Desk": nil processor of type *foo.FooApiProcessor`},
		{"nil, and quick", func(t *mux.Table) error { return t.Handle("Desk", mux.Quick(nil)) }, `service "Desk": nil handler`},
		{"nil of a type, and quick", func(t *mux.Table) error { return t.Handle("Desk", mux.Quick(mux.HandlerFunc(nil))) }, `service "Desk": nil handler of type`},
		{"nil filter", func(t *mux.Table) error {
			return t.Handle("Desk", names, func(h mux.Handler) mux.Handler { return h }, nil)
		}, `service "Desk": filter 1 of 2 is nil`},
		{"nil filter of a stub", func(t *mux.Table) error {
			return t.Register("Desk", foo.NewFooApiProcessor(&fooService{}), nil)
		}, `service "Desk": filter 0 of 1 is nil`},
		{"a filter that gives nothing", func(t *mux.Table) error {
			return t.Handle("Desk", names, func(mux.Handler) mux.Handler { return nil })
		}, `service "Desk": filter 0 of 1 returned a nil handler`},
		{"quick, and there is no such method", func(t *mux.Table) error {
			return t.Handle("Desk", mux.Quick(mux.Processor(foo.NewFooApiProcessor(&fooService{})), "echo", "Echo"))
		}, `service "Desk": Quick names the method "Echo"`},
		{"a multiplexer", func(t *mux.Table) error {
			p := thrift.NewTMultiplexedProcessor()
			p.RegisterProcessor("Foo", foo.NewFooApiProcessor(&fooService{}))
			p.RegisterProcessor("Bar", foo.NewFooApiProcessor(&fooService{}))
			return t.Register("Desk", p)
		}, `service "Desk": *thrift.TMultiplexedProcessor routes by the names of services itself, so that its methods would be called "service:service:method": register each of its processors ["Bar" "Foo"]`},
		{"an empty multiplexer", func(t *mux.Table) error { return t.Register("Desk", thrift.NewTMultiplexedProcessor()) }, "routes by the names"},
		{"what holds a multiplexer", func(t *mux.Table) error {
			p := thrift.NewTMultiplexedProcessor()
			p.RegisterProcessor("Foo", foo.NewFooApiProcessor(&fooService{}))
			return t.Register("Desk", struct{ *thrift.TMultiplexedProcessor }{p})
		}, "routes by the names"},
		{"name with a control character", func(t *mux.Table) error { return t.Handle("a\n", names) }, `service "a\n": a name cannot hold control characters`},
		{"alias of itself", func(t *mux.Table) error { return t.Alias("Desk", "Desk") }, `alias "Desk" of itself`},
		{"remove nothing", func(t *mux.Table) error { return t.Remove("Desk") }, `no service "Desk"`},
		{"remove twice", func(t *mux.Table) error { return errors.Join(t.Remove("Till"), t.Remove("Till")) }, `no service "Till"`},
		{"alias of nothing", func(t *mux.Table) error { return t.Alias("Desk", "None") }, `alias "Desk" points to service "None"`},
		{"alias of an alias", func(t *mux.Table) error { return t.Alias("Desk", "Pay") }, `alias "Desk" points to service "Pay", which is an alias itself: name its service, "Till"`},
		{"alias left behind", func(t *mux.Table) error { return t.Remove("Till") }, `alias "Pay" points to service "Till"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := shop()
			m.Alias("Pay", "Till")
			store, till := m.Lookup("Store"), m.Lookup("Till")
			err := m.Update(func(tab *mux.Table) error {
				if err := errors.Join(tab.Remove("Shop"), tab.Remove("Store"), tab.Handle("New", names)); err != nil {
					t.Fatal(err)
				}
				return tt.mistake(tab)
			})
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want one with %q", err, tt.text)
			}
			if errors.Is(err, errStop) != (tt.text == "stop") {
				t.Errorf("%v is not as it was returned", err)
			}
			for name, want := range map[string]*mux.Route{"Store": store, "Shop": store, "Till": till, "Pay": till, "New": nil, "Desk": nil} {
				if got := m.Lookup(name); got != want {
					t.Errorf("%q leads to %+v, want %+v", name, got, want)
				}
			}
			if err := m.Update(func(tab *mux.Table) error { return tab.Handle("New", names) }); err != nil {
				t.Errorf("the next update: %v", err)
			}
		})
	}
}

func TestAPanicLeavesTheOldTable(t *testing.T) {
	m := shop()
	func() {
		defer func() { recover() }()
		m.Update(func(tab *mux.Table) error {
			tab.Remove("Till")
			panic("in the middle")
		})
	}()
	if m.Lookup("Till") == nil {
		t.Error("half a change was made")
	}
	m.Handle("Desk", names) // hangs if the table is still locked
}

func TestAliasesFollowAServiceThatIsReplaced(t *testing.T) {
	m := shop()
	old := m.Lookup("Shop")
	err := m.Update(func(tab *mux.Table) error {
		return errors.Join(tab.Remove("Store"), tab.Register("Store", foo.NewFooApiProcessor(&fooService{})))
	})
	if err != nil {
		t.Fatal(err)
	}
	r := m.Lookup("Shop")
	if r == old || r != m.Lookup("Store") || len(r.Methods()) != 6 {
		t.Errorf("Shop leads to %+v", r)
	}
}

// Chain says which of its filters is the mistake.
func TestChainNamesTheFilter(t *testing.T) {
	same := func(h mux.Handler) mux.Handler { return h }
	for text, filters := range map[string][]mux.Filter{
		"mux: Chain: filter 1 of 3 is nil":                 {same, nil, same},
		"mux: Chain: filter 2 of 3 returned a nil handler": {same, same, func(mux.Handler) mux.Handler { return (*mux.Mux)(nil) }},
	} {
		func() {
			defer func() {
				if err, _ := recover().(error); err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("%v, want %q", err, text)
				}
			}()
			mux.Chain(names, filters...)
		}()
	}
}
