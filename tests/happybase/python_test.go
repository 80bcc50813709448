package happybase

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// packages are what pip installs: HappyBase, and what it stands on.
var packages = []string{"happybase==1.3.0", "thriftpy2==0.7.1"}

// failed says that a test has. The tests run one by one.
var failed bool

// python returns an interpreter that has HappyBase. The test does not run
// without one; where everything must, it fails.
func python(t *testing.T) string {
	t.Helper()
	build := suite.BuildDir(t)
	venv := filepath.Join(build, "happybase")
	program := filepath.Join(venv, "bin", "python")
	outcome, detail := "RAN", "happybase 1.3.0: buffered and framed, binary and compact, a pool of 32"
	if why := install(venv, program); why != nil {
		outcome, detail = "NOT RUN", why.Error()
	}
	t.Cleanup(func() {
		if failed = failed || t.Failed() && outcome == "RAN"; failed {
			detail = "failed"
		}
		if err := report(filepath.Join(build, "report"), outcome, detail); err != nil {
			t.Error(err)
		}
	})
	if outcome == "RAN" {
		return program
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(detail)
	}
	t.Skip(detail)
	return ""
}

// install makes the folder with HappyBase, if it is not there.
func install(venv, program string) error {
	if exec.Command(program, "-c", "import happybase").Run() == nil {
		return nil
	}
	if out, err := exec.Command("python3", "-m", "venv", venv).CombinedOutput(); err != nil {
		return fmt.Errorf("no virtual environment of python3: %w %s", err, last(out))
	}
	args := append([]string{"-m", "pip", "install", "-q"}, packages...)
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("happybase cannot be installed from PyPI: %w %s", err, last(out))
	}
	return nil
}

// last returns the end of an output, on one line.
func last(out []byte) string { return fmt.Sprintf("%q", out[max(len(out)-200, 0):]) }

// report writes the line for tests/report.sh to print.
func report(dir, outcome, detail string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	line := fmt.Sprintf("happybase\t%s\t%s\n", outcome, detail)
	return os.WriteFile(filepath.Join(dir, "happybase.tsv"), []byte(line), 0o644)
}
