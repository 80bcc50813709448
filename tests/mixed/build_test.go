package mixed

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// exitAbsent is the status by which a build.sh says that something which it needs
// is not to be had; the last line that it prints says what.
const exitAbsent = 77

// buildDir returns the folder for everything that is built.
func buildDir(t *testing.T) string {
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

// build builds the program of a folder and returns its path, or why it is not to be
// had here. What it needs of other places it has from an earlier run, so that
// building again takes a few seconds.
func build(t *testing.T, name string) (program, why string) {
	t.Helper()
	out := filepath.Join(buildDir(t), "mixed", name)
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	idl, err := filepath.Abs("../../thrift")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "build.sh")
	cmd.Dir = name
	cmd.Env = append(os.Environ(), "IDL="+idl, "OUT="+out)
	printed, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitAbsent {
		lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
		return "", lines[len(lines)-1]
	}
	if err != nil {
		t.Fatalf("%s/build.sh: %v\n%s", name, err, bytes.TrimSpace(printed))
	}
	return filepath.Join(out, "caller"), ""
}
