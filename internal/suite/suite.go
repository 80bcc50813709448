// Package suite is what the suites in tests/ have in common, which build programs
// in other languages and modules and run them.
package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// exitAbsent is the status by which a build.sh says that something which it needs
// is not to be had; the last line that it prints says what.
const exitAbsent = 77

// maxBuild bounds one build.sh, which may fetch what it needs.
const maxBuild = 10 * time.Minute

// An AbsentError says why a program cannot be had here.
type AbsentError struct{ Why string }

func (e *AbsentError) Error() string { return e.Why }

// BuildDir returns the folder for everything that is built: BUILD of the
// environment, or build at the root of the project, two folders above a suite's.
func BuildDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("BUILD")
	if dir == "" {
		dir = "../../build"
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Build makes the folder out and runs the build.sh of a folder, which finds the
// folder of the IDL and out in its environment, as IDL and OUT. It returns an
// [*AbsentError] if that says so.
func Build(ctx context.Context, folder, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	idl, err := filepath.Abs("../../thrift")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, maxBuild)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "build.sh")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "IDL="+idl, "OUT="+out)
	printed, err := cmd.CombinedOutput()
	printed = bytes.TrimSpace(printed)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitAbsent {
		lines := bytes.Split(printed, []byte("\n"))
		return &AbsentError{string(lines[len(lines)-1])}
	}
	if err != nil {
		return fmt.Errorf("%s/build.sh: %w\n%s", folder, err, printed)
	}
	return nil
}
