package mixed

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// report is the rows for tests/report.sh.
type report struct{ text strings.Builder }

// newReport returns a report that is written when the test ends.
func newReport(t *testing.T) *report {
	r := &report{}
	t.Cleanup(func() {
		dir := filepath.Join(suite.BuildDir(t), "report")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "mixed.tsv"), []byte(r.text.String()), 0o644); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *report) absent(g guest, why string) {
	fmt.Fprintf(&r.text, "mixed: %s\tNOT RUN\t%s\n", g.name, why)
}

func (r *report) ran(g guest, sum totals) {
	fmt.Fprintf(&r.text, "mixed: %s\tRAN\t%s; while one server drained and restarted %d times: %v\n", g.name, g.what, restarts, sum)
}
