package filter_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
)

// called is a handler that notes the names it sees.
type called struct{ service, method string }

func (c *called) ServeThrift(_ context.Context, req *mux.Request) (mux.Reply, error) {
	c.service, c.method = req.Service, req.Method
	return mux.Reply{}, nil
}

func TestRename(t *testing.T) {
	exact := filter.Exact(map[string]string{"Users": "UserApi", "": "MainApi", "same": "same"})
	for _, c := range []struct {
		name  string
		rules []filter.NameRule
		in    string
		want  string
	}{
		{"no rules change nothing", nil, "Users", "Users"},
		{"a name of the table", []filter.NameRule{exact}, "Users", "UserApi"},
		{"the default service", []filter.NameRule{exact}, "", "MainApi"},
		{"a name that is not in the table", []filter.NameRule{exact}, "users", "users"},
		{"a prefix is replaced", []filter.NameRule{filter.Prefix("old_", "new_")}, "old_get", "new_get"},
		{"a prefix is taken away", []filter.NameRule{filter.Prefix("old_", "")}, "old_get", "get"},
		{"the prefix is the whole name", []filter.NameRule{filter.Prefix("old", "new")}, "old", "new"},
		{"a prefix is added", []filter.NameRule{filter.Prefix("", "v1_")}, "get", "v1_get"},
		{"not a prefix", []filter.NameRule{filter.Prefix("old_", "new_")}, "an_old_get", "an_old_get"},
		{"a group", []filter.NameRule{filter.MustRegexp(`^get(.+)$`, "fetch$1")}, "getUser", "fetchUser"},
		{"a group in braces", []filter.NameRule{filter.MustRegexp(`^get(.+)$`, "${1}Of")}, "getUser", "UserOf"},
		{"a group with a name", []filter.NameRule{filter.MustRegexp(`^(?P<verb>[a-z]+)_`, "${verb}")}, "get_user", "getuser"},
		{"a dollar sign", []filter.NameRule{filter.MustRegexp(`_`, "$$")}, "get_user", "get$user"},
		{"all matches", []filter.NameRule{filter.MustRegexp(`_`, "")}, "get_all_users", "getallusers"},
		{"no match", []filter.NameRule{filter.MustRegexp(`^get(.+)$`, "fetch$1")}, "forget", "forget"},
		{"the first rule that knows the name", []filter.NameRule{
			filter.Exact(map[string]string{"a": "b"}), filter.Prefix("b", "c"), filter.Prefix("", "other_"),
		}, "a", "b"},
		{"a rule that keeps a name from the next", []filter.NameRule{exact, filter.Prefix("", "x")}, "same", "same"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // the second time from memory
				var got called
				h := mux.Chain(&got, filter.RenameService(c.rules...))
				req := &mux.Request{Service: c.in, Method: "m"}
				h.ServeThrift(t.Context(), req)
				if got != (called{c.want, "m"}) || req.Service != c.in || req.Method != "m" {
					t.Errorf("service: saw %v, left %q, %q; want %q, and %q left", got, req.Service, req.Method, c.want, c.in)
				}
				h = mux.Chain(&got, filter.RenameMethod(c.rules...))
				req = &mux.Request{Service: "S", Method: c.in}
				h.ServeThrift(t.Context(), req)
				if got != (called{"S", c.want}) || req.Service != "S" || req.Method != c.in {
					t.Errorf("method: saw %v, left %q, %q; want %q, and %q left", got, req.Service, req.Method, c.want, c.in)
				}
			}
		})
	}
}

func TestRenameCopiesItsTable(t *testing.T) {
	table := map[string]string{"a": "b"}
	rules := []filter.NameRule{filter.Exact(table)}
	var got called
	h := mux.Chain(&got, filter.RenameService(rules...))
	table["a"] = "changed"
	rules[0] = filter.Prefix("", "changed ")
	h.ServeThrift(t.Context(), &mux.Request{Service: "a"})
	if got.service != "b" {
		t.Errorf("saw %q, want what the table said when the filter was made", got.service)
	}
}

func TestRenameRestoresTheNameAfterAPanic(t *testing.T) {
	panics := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { panic("oops") })
	to := filter.Prefix("", "new ")
	h := mux.Chain(panics, filter.RenameService(to), filter.RenameMethod(to))
	req := &mux.Request{Service: "S", Method: "m"}
	func() {
		defer func() {
			if v := recover(); v != "oops" {
				t.Errorf("recovered %v, want the handler's panic", v)
			}
		}()
		h.ServeThrift(t.Context(), req)
	}()
	if req.Service != "S" || req.Method != "m" {
		t.Errorf("left %q, %q", req.Service, req.Method)
	}
}

func TestRegexpChecksItsArguments(t *testing.T) {
	for _, c := range []struct{ expr, replacement, want string }{
		{"(", "", "missing closing )"},
		{"a(b)", "$2", `group "2"`},
		{"a(b)", "$1x", `group "1x"`},
		{"a(?P<n>b)", "${m}", `group "m"`},
	} {
		if _, err := filter.Regexp(c.expr, c.replacement); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Regexp(%q, %q): error %v, want one with %q", c.expr, c.replacement, err, c.want)
		}
	}
	for _, ok := range []string{"$0", "${1}x", "$n", "$$", "$", "100$"} {
		if _, err := filter.Regexp("a(?P<n>b)", ok); err != nil {
			t.Errorf("replacement %q: %v", ok, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("MustRegexp did not panic")
		}
	}()
	filter.MustRegexp("(", "")
}

// TestMoreNamesThanAreRemembered asks from many goroutines, for the race
// detector.
func TestMoreNamesThanAreRemembered(t *testing.T) {
	rule := filter.Prefix("a", "b")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 400 {
				got, ok := rule(fmt.Sprint("a", i))
				if want := fmt.Sprint("b", i); got != want || !ok {
					t.Errorf("got %q, %v, want %q", got, ok, want)
				}
				if got, ok := rule(fmt.Sprint(i)); ok {
					t.Errorf("%d became %q", i, got)
				}
			}
		})
	}
	wg.Wait()
}

func TestRenameDoesNotAllocate(t *testing.T) {
	for name, rule := range map[string]filter.NameRule{
		"exact":           filter.Exact(map[string]string{"getUser": "fetchUser"}),
		"prefix":          filter.Prefix("get", "fetch"),
		"prefix, removed": filter.Prefix("get", ""),
		"regexp":          filter.MustRegexp("^get(.+)$", "fetch$1"),
		"regexp, other":   filter.MustRegexp("^list(.+)$", "fetch$1"),
	} {
		h := mux.Chain(new(called), filter.RenameMethod(rule))
		req := &mux.Request{Method: "getUser"}
		if n := testing.AllocsPerRun(100, func() { h.ServeThrift(t.Context(), req) }); n != 0 {
			t.Errorf("%s: %v allocations a call, want 0", name, n)
		}
	}
}
