package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// A report collects a row for each peer, for tests/report.sh to print.
type report struct {
	mu   sync.Mutex
	rows map[string]row
}

type row struct {
	peer            *peer
	dialects, cases int
	why             string
}

// newReport returns a report that is written when the test ends.
func newReport(t *testing.T) *report {
	r := &report{rows: map[string]row{}}
	dir := filepath.Join(suite.BuildDir(t), "report")
	t.Cleanup(func() {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "peers.tsv"), r.text(), 0o644); err != nil {
			t.Error(err)
		}
	})
	return r
}

// absent says that a peer did not run.
func (r *report) absent(p *peer, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows[p.name] = row{peer: p, why: why}
}

// ran adds a dialect that a peer ran: and how many cases were to pass.
func (r *report) ran(p *peer, cases int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := r.rows[p.name]
	sum.peer = p
	sum.dialects++
	sum.cases += cases
	r.rows[p.name] = sum
}

func (r *report) text() []byte {
	var lines []string
	for name, row := range r.rows {
		line := fmt.Sprintf("%s\tRAN\t%s: %d dialects, %d cases\n",
			name, row.peer.runtime, row.dialects, row.cases)
		if row.why != "" {
			line = fmt.Sprintf("%s\tNOT RUN\t%s\n", name, row.why)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, ""))
}
