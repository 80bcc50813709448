package haproxy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// failed has the programs that a test failed with. The tests run one by one.
var failed = map[string]bool{}

// need returns the path of a program, and reports what a test does with it. The
// test does not run without; where everything must, it fails.
func need(t *testing.T, program, does string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		report(t, program, "NOT RUN", "not installed")
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
	t.Cleanup(func() {
		if t.Failed() && !failed[program] {
			failed[program] = true
			report(t, program, "RAN", "failed: "+does)
		} else if !failed[program] {
			report(t, program, "RAN", does)
		}
	})
	return path
}

// report writes a line for tests/report.sh to print.
func report(t *testing.T, program, outcome, detail string) {
	t.Helper()
	dir := filepath.Join(suite.BuildDir(t), "report")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	line := fmt.Sprintf("%s\t%s\t%s\n", program, outcome, detail)
	if err := os.WriteFile(filepath.Join(dir, program+".tsv"), []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}
}
