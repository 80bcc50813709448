package peers

import (
	"errors"
	"os"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// TestPeers runs every client of the table against examples/foobar.
func TestPeers(t *testing.T) {
	against := newTarget(t)
	rows := newReport(t)
	t.Run("clients", func(t *testing.T) {
		for i := range peers {
			p := &peers[i]
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				testPeer(t, p, against, rows)
			})
		}
	})
}

func testPeer(t *testing.T, p *peer, against *target, rows *report) {
	program, err := p.build(t)
	if absent := new(suite.AbsentError); errors.As(err, &absent) {
		rows.absent(p, absent.Why)
		if os.Getenv("CI") == "true" {
			t.Fatalf("not to be had: %v", err)
		}
		t.Skipf("not to be had: %v", err)
	}
	if err != nil {
		rows.absent(p, "it did not build")
		t.Fatal(err)
	}
	for _, d := range p.speaks {
		if against.serves(d) {
			t.Run(d.String(), func(t *testing.T) {
				runs := runs{t, program, against.server(d), d}
				rows.ran(p, p.testDialect(runs, against.cases(d)))
			})
		}
	}
}

// testDialect runs what can succeed over one connection, and then what cannot,
// each case on a connection of its own, since it may break anything. It returns
// how many cases there were to pass.
func (p *peer) testDialect(r runs, cases []string) int {
	if why := p.excluded(r.dialect, ""); why != "" {
		r.mustFail(why, cases...)
		return 0
	}
	var required []string
	for _, name := range cases {
		if why := p.excluded(r.dialect, name); why != "" {
			r.mustFail(why, name)
		} else {
			required = append(required, name)
		}
	}
	r.mustPass(required...)
	return len(required)
}
