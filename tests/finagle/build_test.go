package finagle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// exitAbsent is the status by which build.sh says that something which it needs
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

// build builds the Java programs, unless that has been done with the same sources,
// and returns the path of one. It ends the test where that cannot be done.
func build(t *testing.T, program string) string {
	t.Helper()
	out := filepath.Join(buildDir(t), "finagle")
	path, stamp := filepath.Join(out, program), filepath.Join(out, "stamp")
	sum := digest(t, "java")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == sum {
		return path
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "build.sh")
	cmd.Dir = "java"
	cmd.Env = append(os.Environ(), "OUT="+out)
	printed, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitAbsent {
		lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
		absent(t, lines[len(lines)-1])
	}
	if err != nil {
		t.Fatalf("build.sh: %v\n%s", err, bytes.TrimSpace(printed))
	}
	if err := os.WriteFile(stamp, []byte(sum), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// absent ends the test: Finagle is not to be had here.
func absent(t *testing.T, why string) {
	report(t, "NOT RUN", why)
	if os.Getenv("CI") == "true" {
		t.Fatalf("not to be had: %s", why)
	}
	t.Skipf("not to be had: %s", why)
}

// report writes the row for tests/report.sh.
func report(t *testing.T, outcome, detail string) {
	t.Helper()
	dir := filepath.Join(buildDir(t), "report")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Error(err)
	}
	row := fmt.Sprintf("finagle\t%s\t%s\n", outcome, detail)
	if err := os.WriteFile(filepath.Join(dir, "finagle.tsv"), []byte(row), 0o644); err != nil {
		t.Error(err)
	}
}

// digest returns a digest of a folder's files.
func digest(t *testing.T, folder string) string {
	t.Helper()
	hash := sha256.New()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(hash, "%s %d\n%s", file, len(content), content)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}
