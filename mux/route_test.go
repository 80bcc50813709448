package mux_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// labelsOf calls name and returns the labels of the call, as a filter of the
// server would ask for them.
func labelsOf(t testing.TB, m *mux.Mux, name string) [2]string {
	t.Helper()
	req := call(name)
	m.ServeThrift(t.Context(), req)
	service, method := req.Labels()
	return [2]string{service, method}
}

func TestLabels(t *testing.T) {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
	m.Handle("Raw", names)
	m.Alias("", "FooApi")
	m.Alias("Cooked", "Raw")
	for name, want := range map[string][2]string{
		"FooApi:echo":    {"FooApi", "echo"},
		"echo":           {"FooApi", "echo"},
		"FooApi:made_up": {"FooApi", "other"},
		":made_up":       {"FooApi", "other"},
		"Raw:any":        {"Raw", "any"},
		"Cooked:thing":   {"Raw", "thing"},
		"Made:up":        {"unknown", "unknown"},
	} {
		if got := labelsOf(t, m, name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestMadeUpNamesMakeFewLabels(t *testing.T) {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
	m.Handle("Raw", names)
	seen := make(map[[2]string]bool)
	for i := range 100_000 {
		n := strconv.Itoa(i)
		for _, name := range []string{"FooApi:" + n, "Raw:" + n, n + ":echo", n} {
			seen[labelsOf(t, m, name)] = true
		}
	}
	// FooApi's "other"; 16 of Raw's and "other"; "unknown".
	if want := 1 + 16 + 1 + 1; len(seen) != want {
		t.Errorf("%d labels, want %d", len(seen), want)
	}
	if got := labelsOf(t, m, "Raw:7"); got != [2]string{"Raw", "7"} {
		t.Errorf("an early name lost its label to %v", got)
	}
	for range 2 {
		labelsOf(t, m, "Raw:real") // among the others, the 17th costs two calls
	}
	if got := labelsOf(t, m, "Raw:real"); got != [2]string{"Raw", "real"} {
		t.Errorf("a method in use has the label %v after any number of made-up names", got)
	}
}

// fill calls names, each many times, and returns all labels that were seen.
func fill(t testing.TB, m *mux.Mux, names, calls, from int) map[[2]string]bool {
	t.Helper()
	seen := make(map[[2]string]bool)
	for i := range names {
		for range calls {
			seen[labelsOf(t, m, "Raw:"+strconv.Itoa(from+i))] = true
		}
	}
	return seen
}

// TestLabelsOutlastARoute replaces a raw service as a reloaded configuration
// does: whoever collects metrics keeps the old labels, so there are no new ones.
func TestLabelsOutlastARoute(t *testing.T) {
	m := mux.New()
	m.Handle("Raw", names)
	seen := make(map[[2]string]bool)
	for version := range 5 {
		maps.Copy(seen, fill(t, m, 100, 20, version*1000))
		if err := m.Update(func(tab *mux.Table) error {
			return errors.Join(tab.Remove("Raw"), tab.Handle("Raw", names))
		}); err != nil {
			t.Fatal(err)
		}
	}
	if want := 5*16 + 1; len(seen) != want { // of the prices 1 to 16, and "other"
		t.Errorf("%d labels, want %d", len(seen), want)
	}
}

func TestConcurrentNamesMakeFewLabels(t *testing.T) {
	m := mux.New()
	m.Handle("Raw", names)
	var mu sync.Mutex
	seen := make(map[[2]string]bool)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			all := fill(t, m, 100, 5, g*1000)
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(seen, all)
		})
	}
	wg.Wait()
	if most := 3*16 + 1; len(seen) > most {
		t.Errorf("%d labels, want at most %d", len(seen), most)
	}
}

// TestNamesThatAreRefusedTakeNoLabel calls a service of bytes that knows its methods,
// as one behind a forwarder does.
func TestNamesThatAreRefusedTakeNoLabel(t *testing.T) {
	failure := mux.Reply{Type: wire.Exception, Body: wire.AppendExceptionBody(nil, wire.Binary, int32(mux.UnknownMethod), "what?")}
	for name, refuse := range map[string]mux.HandlerFunc{
		"an error": func(context.Context, *mux.Request) (mux.Reply, error) {
			return mux.Reply{}, mux.Errorf(mux.UnknownMethod, "what?")
		},
		"an exception": func(context.Context, *mux.Request) (mux.Reply, error) { return failure, nil },
		"no reply":     func(context.Context, *mux.Request) (mux.Reply, error) { return mux.Reply{}, nil },
		"a panic":      func(context.Context, *mux.Request) (mux.Reply, error) { panic("what?") },
	} {
		for filtered, filters := range map[string][]mux.Filter{"": nil, ", filtered": {func(next mux.Handler) mux.Handler { return next }}} {
			m := mux.New()
			m.Handle("Raw", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				if req.Method == "get" {
					return mux.Reply{Type: wire.Reply, Failed: true}, nil
				}
				return refuse(ctx, req)
			}), filters...)
			for i := range 1000 {
				if got := labelsOf(t, m, "Raw:"+strconv.Itoa(i)); got != [2]string{"Raw", "other"} {
					t.Fatalf("%s%s: a made-up name has the label %v", name, filtered, got)
				}
			}
			if got := labelsOf(t, m, "Raw:get"); got != [2]string{"Raw", "get"} {
				t.Errorf("%s%s: the method has the label %v at its first call", name, filtered, got)
			}
		}
	}
}

// TestFiltersOfAServiceSeeItsLabels asks inside of the route.
func TestFiltersOfAServiceSeeItsLabels(t *testing.T) {
	var inside [2]string
	m := mux.New()
	m.Handle("Raw", names, func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			rep, err := next.ServeThrift(ctx, req)
			inside[0], inside[1] = req.Labels()
			return rep, err
		})
	})
	m.ServeThrift(t.Context(), call("Raw:get"))
	if inside != [2]string{"Raw", "get"} {
		t.Errorf("a filter of the service sees %v", inside)
	}
}

func TestOnewayCallsMakeLabels(t *testing.T) {
	m := mux.New()
	m.Handle("Raw", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { return mux.Reply{}, nil }))
	req := call("Raw:note")
	req.Type = wire.Oneway
	m.ServeThrift(t.Context(), req)
	if _, method := req.Labels(); method != "note" {
		t.Errorf("a oneway call has the label %q", method)
	}
}

// TestLabelsAreValidText registers and calls names of bytes, which route as they are.
func TestLabelsAreValidText(t *testing.T) {
	m := mux.New()
	m.Handle("Raw\xff", names)
	m.Handle("Listed", mux.Methods(names, "get\xfe"))
	long := strings.Repeat("x", 300)
	for name, want := range map[string][2]string{
		"Raw\xff:get\xfe":   {"Raw\uFFFD", "get\uFFFD"},
		"Raw\xff:" + long:   {"Raw\uFFFD", long[:253] + "…"},
		"Listed:get\xfe":    {"Listed", "get\uFFFD"},
		"Listed:get\xff":    {"Listed", "other"},
		"Raw\uFFFD:get\xfe": {"unknown", "unknown"},
	} {
		if got := labelsOf(t, m, name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAListOfMethods(t *testing.T) {
	for name, h := range map[string]mux.Handler{
		"Methods":          mux.Methods(names, "get", "put"),
		"Quick of Methods": mux.Quick(mux.Methods(names, "get", "put"), "get"),
		"Methods of Quick": mux.Methods(mux.Quick(names, "get"), "get", "put"),
	} {
		m := mux.New()
		m.Handle("Raw", h)
		for range 3 {
			if got := labelsOf(t, m, "Raw:made_up"); got != [2]string{"Raw", "other"} {
				t.Errorf("%s: a made-up name has the label %v", name, got)
			}
		}
		r := m.Lookup("Raw")
		if got := r.Methods(); !slices.Equal(got, []string{"get", "put"}) || r.MayHave("made_up") {
			t.Errorf("%s: the methods are %q", name, got)
		}
		if got := m.IsQuick("Raw", "get"); got != (name != "Methods") || m.IsQuick("Raw", "put") {
			t.Errorf("%s: get is quick: %v", name, got)
		}
		if rep, err := h.ServeThrift(t.Context(), call("Raw:get")); err != nil || rep.Type != wire.Reply {
			t.Errorf("%s: unregistered, it gives %v, %v", name, rep, err)
		}
	}
	m := mux.New()
	m.Handle("FooApi", mux.Methods(mux.Processor(foo.NewFooApiProcessor(&fooService{})), "made_up"))
	if r := m.Lookup("FooApi"); r.MayHave("made_up") || !m.IsOneway("FooApi", "note") {
		t.Errorf("a processor lost its own list to %q", r.Methods())
	}
	for name, bad := range map[string]func(){
		"nil handler": func() { mux.Methods(nil, "get") },
		"nil func":    func() { mux.Methods(mux.HandlerFunc(nil), "get") },
		"nil pointer": func() { mux.Methods((*mux.Mux)(nil), "get") },
		"no names":    func() { mux.Methods(names) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			bad()
		}()
	}
}

func TestMethods(t *testing.T) {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}), mux.Filter(func(next mux.Handler) mux.Handler { return next }))
	m.Handle("Raw", names)
	if got, want := m.Lookup("FooApi").Methods(), []string{"add", "echo", "fail", "note", "notes", "slow"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := m.Lookup("Raw").Methods(); got != nil {
		t.Errorf("a raw service has the methods %q", got)
	}
	for method, want := range map[string][2]bool{"echo": {true, true}, "made_up": {false, true}, "": {false, true}} {
		if got := [2]bool{m.Lookup("FooApi").MayHave(method), m.Lookup("Raw").MayHave(method)}; got != want {
			t.Errorf("FooApi and Raw may have %q: %v, want %v", method, got, want)
		}
	}
	if got := new(mux.Route).MethodLabel("any"); got != "other" {
		t.Errorf("a route of nobody's has the label %q", got)
	}
}
