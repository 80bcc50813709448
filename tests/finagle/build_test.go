package finagle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// build builds the Java programs, unless that has been done with the same sources,
// and returns the path of one. It ends the test where that cannot be done.
func build(t *testing.T, program string) string {
	t.Helper()
	out := filepath.Join(suite.BuildDir(t), "finagle")
	path, stamp := filepath.Join(out, program), filepath.Join(out, "stamp")
	sum := digest(t, "java")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == sum {
		return path
	}
	err := suite.Build(t.Context(), "java", out)
	if why := (*suite.AbsentError)(nil); errors.As(err, &why) {
		absent(t, why.Why)
	}
	if err != nil {
		t.Fatal(err)
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
	dir := filepath.Join(suite.BuildDir(t), "report")
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
