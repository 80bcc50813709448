package mixed

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// build builds the program of a folder and returns its path, or why it is not to be
// had here. What it needs of other places it has from an earlier run, so that
// building again takes a few seconds.
func build(t *testing.T, name string) (program, why string) {
	t.Helper()
	out := filepath.Join(suite.BuildDir(t), "mixed", name)
	err := suite.Build(t.Context(), name, out)
	if absent := (*suite.AbsentError)(nil); errors.As(err, &absent) {
		return "", absent.Why
	}
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(out, "caller"), ""
}
