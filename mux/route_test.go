package mux_test

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
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
	// FooApi's "other"; 256 of Raw's and "other"; "unknown".
	if want := 1 + 256 + 1 + 1; len(seen) != want {
		t.Errorf("%d labels, want %d", len(seen), want)
	}
	if got := labelsOf(t, m, "Raw:7"); got != [2]string{"Raw", "7"} {
		t.Errorf("an early name lost its label to %v", got)
	}
}

// TestLabelsOutlastARoute replaces a raw service as a reloaded configuration
// does: whoever collects metrics keeps the old labels, so there are no new ones.
func TestLabelsOutlastARoute(t *testing.T) {
	m := mux.New()
	m.Handle("Raw", names)
	seen := make(map[[2]string]bool)
	for version := range 5 {
		for i := range 300 {
			seen[labelsOf(t, m, "Raw:"+strconv.Itoa(version*1000+i))] = true
		}
		if err := m.Update(func(tab *mux.Table) error {
			return errors.Join(tab.Remove("Raw"), tab.Handle("Raw", names))
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 257 {
		t.Errorf("%d labels, want 257", len(seen))
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
			for i := range 200 {
				l := labelsOf(t, m, "Raw:"+strconv.Itoa(g*1000+i))
				mu.Lock()
				seen[l] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != 257 {
		t.Errorf("%d labels, want 257", len(seen))
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
