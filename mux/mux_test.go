package mux_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// names is a handler that answers with the names it sees.
var names = mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
	route := "-"
	if req.Route != nil {
		route = req.Route.Service
	}
	return mux.Reply{Type: wire.Reply, Body: []byte(strings.Join([]string{route, req.Service, req.Method}, "|"))}, nil
})

func TestRouting(t *testing.T) {
	m := mux.New()
	m.Handle("Foo", names)
	m.Handle("Bar", names)
	m.Alias("", "Foo")
	m.Alias("OldBar", "Bar")
	for name, want := range map[string]string{
		"Foo:echo":     "Foo|Foo|echo",
		"Bar:echo":     "Bar|Bar|echo",
		"OldBar:echo":  "Bar|Bar|echo",
		"echo":         "Foo|Foo|echo",
		":echo":        "Foo|Foo|echo",
		"":             "Foo|Foo|",
		"Foo:":         "Foo|Foo|",
		"Foo:a:b":      "Foo|Foo|a:b",
		":Bar:echo":    "Foo|Foo|Bar:echo",
		"Foo:\xff\x00": "Foo|Foo|\xff\x00",
	} {
		t.Run(name, func(t *testing.T) {
			req := call(name)
			before := *req
			rep, err := m.ServeThrift(t.Context(), req)
			if err != nil || string(rep.Body) != want {
				t.Errorf("the handler saw %q, %v, want %q", rep.Body, err, want)
			}
			if req.Name != name || req.Service != before.Service || req.Method != before.Method {
				t.Errorf("left as %q: %q, %q", req.Name, req.Service, req.Method)
			}
			service, _, _ := strings.Cut(want, "|")
			if req.Route == nil || req.Route.Service != service || req.Route != m.Lookup(req.Service) {
				t.Errorf("Route is %+v afterwards, want %s's", req.Route, service)
			}
		})
	}
}

func TestUnknownNames(t *testing.T) {
	var empty, some mux.Mux
	some.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
	some.Alias("OldFoo", "FooApi")
	for _, tt := range []struct {
		mux         *mux.Mux
		name, route string
		text        string
	}{
		{&empty, "FooApi:echo", "", `unknown service "FooApi"`},
		{&empty, "echo", "", `no default service for method "echo": name it as Service:method`},
		{&some, "BarApi:echo", "", `unknown service "BarApi"`},
		{&some, "fooapi:echo", "", `unknown service "fooapi"`},
		{&some, ":echo", "", `no default service for method "echo": name it as Service:method`},
		{&some, "\xff:echo", "", `unknown service "\xff"`},
		{&some, "FooApi:reverse", "FooApi", `unknown method "reverse" of service "FooApi"`},
		{&some, "OldFoo:Echo", "FooApi", `unknown method "Echo" of service "FooApi"`},
		{&some, "FooApi:", "FooApi", `unknown method "" of service "FooApi"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := call(tt.name)
			rep, err := tt.mux.ServeThrift(t.Context(), req)
			if code, text := mux.Public(err); code != mux.UnknownMethod || text != tt.text {
				t.Errorf("%v: %q, want %q", code, text, tt.text)
			}
			if rep.Type != 0 || rep.Body != nil {
				t.Errorf("reply %+v", rep)
			}
			if (req.Route != nil) != (tt.route != "") || req.Route != nil && req.Route.Service != tt.route {
				t.Errorf("route %+v, want %q", req.Route, tt.route)
			}
		})
	}
}

func TestNamesAreThoseOfEachLevel(t *testing.T) {
	var seen []string
	see := func(where string) mux.Filter {
		return func(next mux.Handler) mux.Handler {
			return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				seen = append(seen, where+" "+req.Service+":"+req.Method)
				rep, err := next.ServeThrift(ctx, req)
				seen = append(seen, where+" "+req.Service+":"+req.Method)
				return rep, err
			})
		}
	}
	careless := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			req.Method = "put" // and never put back
			return next.ServeThrift(ctx, req)
		})
	}
	m := mux.New()
	m.Handle("Store", names, careless, see("in"))
	m.Alias("Shop", "Store")
	rep, err := mux.Chain(m, see("out")).ServeThrift(t.Context(), call("Shop:get"))
	if string(rep.Body) != "Store|Store|put" || err != nil {
		t.Errorf("the handler saw %q, %v", rep.Body, err)
	}
	want := "out Shop:get,in Store:put,in Store:put,out Shop:get"
	if got := strings.Join(seen, ","); got != want {
		t.Errorf("seen %s, want %s", got, want)
	}
}

func TestNamesComeBackWhenAFilterPanics(t *testing.T) {
	m := mux.New()
	m.Handle("Store", names, func(mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			req.Method = "put"
			panic("in a filter")
		})
	})
	m.Alias("Shop", "Store")
	req := call("Shop:get")
	_, err := m.ServeThrift(t.Context(), req)
	if p := (*mux.PanicError)(nil); !errors.As(err, &p) || p.Value != "in a filter" {
		t.Errorf("got %v", err)
	}
	if req.Service != "Shop" || req.Method != "get" || req.Route.Service != "Store" {
		t.Errorf("left as %s:%s on %+v", req.Service, req.Method, req.Route)
	}
}

// TestAMuxIsAHandler puts one behind another.
func TestAMuxIsAHandler(t *testing.T) {
	inner, outer := mux.New(), mux.New()
	inner.Handle("Store", names)
	outer.Handle("Shop", inner, func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			req.Service = "Store"
			return next.ServeThrift(ctx, req)
		})
	})
	req := call("Shop:get")
	rep, err := outer.ServeThrift(t.Context(), req)
	if string(rep.Body) != "Store|Store|get" || err != nil {
		t.Errorf("the handler saw %q, %v", rep.Body, err)
	}
	if req.Service != "Shop" || req.Method != "get" {
		t.Errorf("left as %s:%s", req.Service, req.Method)
	}
}

func TestMistakesOfTheProgramPanic(t *testing.T) {
	p := foo.NewFooApiProcessor(&fooService{})
	for name, register := range map[string]func(m *mux.Mux){
		"Register twice":   func(m *mux.Mux) { m.Register("FooApi", p) },
		"Handle twice":     func(m *mux.Mux) { m.Handle("FooApi", names) },
		"alias of nothing": func(m *mux.Mux) { m.Alias("", "None") },
		"alias twice":      func(m *mux.Mux) { m.Alias("FooApi", "FooApi") },
		"nil processor":    func(m *mux.Mux) { m.Register("None", nil) },
		"nil handler":      func(m *mux.Mux) { m.Handle("None", nil) },
		"bad name":         func(m *mux.Mux) { m.Handle("a:b", names) },
	} {
		t.Run(name, func(t *testing.T) {
			m := mux.New()
			m.Register("FooApi", p)
			defer func() {
				err, _ := recover().(error)
				if err == nil || !strings.HasPrefix(err.Error(), "mux: ") {
					t.Errorf("recovered %v", err)
				}
				if m.Lookup("FooApi") == nil || m.Lookup("None") != nil {
					t.Error("the table has changed")
				}
			}()
			register(m)
		})
	}
}
