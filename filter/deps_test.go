package filter_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// heavy are the modules that only those compile who ask for them, and the package
// of ours that does.
var heavy = map[string]string{
	"go.uber.org/zap":                     "filter/zapfilter",
	"github.com/prometheus/client_golang": "filter/promfilter",
	"golang.org/x/time":                   "filter/ratelimit",
	"google.golang.org/grpc":              "filter/grpcfilter",
	"go.opentelemetry.io/otel":            "filter/otelfilter",
}

const module = "github.com/oneport-thrift/oneport"

// compiled returns the packages that a program compiles which imports those of
// ours.
func compiled(t *testing.T, packages ...string) []string {
	t.Helper()
	args := []string{"list", "-deps"}
	for _, p := range packages {
		args = append(args, module+"/"+p)
	}
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return strings.Fields(string(out))
}

// TestDependencies: nobody compiles what they do not import.
func TestDependencies(t *testing.T) {
	programs := map[string][]string{
		"a server of stubs": {"mux", "server", "thrift/gen-go/foo", "thrift/gen-go/bar"},
		"plain filters":     {"filter", "filter/slogfilter"},
	}
	for _, leaf := range heavy {
		programs[leaf] = []string{leaf}
	}
	for name, packages := range programs {
		deps := compiled(t, packages...)
		for heavy, leaf := range heavy {
			has := slices.ContainsFunc(deps, func(dep string) bool { return dep == heavy || strings.HasPrefix(dep, heavy+"/") })
			if own := slices.Contains(packages, leaf); has != own {
				t.Errorf("%s: compiles %s: %v, want %v", name, heavy, has, own)
			}
		}
	}
}

// TestFilterNeedsTheStandardLibrary: what filter itself imports is Go's or ours.
func TestFilterNeedsTheStandardLibrary(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && !strings.HasPrefix(path, module+"/") {
			t.Errorf("filter imports %s", path)
		}
	}
}
