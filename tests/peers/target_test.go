package peers

import (
	"flag"
	"slices"
	"sync"
	"testing"
)

var reference = flag.Bool("reference", false,
	"run the clients against Apache's own server, in all dialects, without the cases that it has no answer to: "+
		"a check of the clients")

// A target is what the clients are run against.
type target struct {
	t       *testing.T
	program string
	// ours is the one server of all dialects; nil for the reference.
	ours *server

	mu     sync.Mutex
	others map[dialect]*server
}

func newTarget(t *testing.T) *target {
	if *reference {
		return &target{t: t, program: buildServer(t, "reference"), others: map[dialect]*server{}}
	}
	program := buildServer(t, "../../examples/foobar")
	return &target{t: t, ours: startServer(t, program, "-addr", "127.0.0.1:0", "-quiet")}
}

// serves reports whether the target speaks a dialect.
func (g *target) serves(d dialect) bool { return g.ours == nil || served[d.plain()] }

// server returns the server for a dialect. The reference needs one for each.
func (g *target) server(d dialect) *server {
	if g.ours != nil {
		return g.ours
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	d = d.plain()
	if g.others[d] == nil {
		g.others[d] = startServer(g.t, g.program, "-transport", d.transport, "-protocol", d.protocol)
	}
	return g.others[d]
}

// cases returns the cases for a dialect. Apache's server closes the connection
// on a service that is not there, and on bytes that it cannot read.
func (g *target) cases(d dialect) []string {
	cases := slices.Clone(allCases)
	return slices.DeleteFunc(cases, func(name string) bool {
		switch name {
		case caseCutFrame:
			return !d.framed() || g.ours == nil
		case caseUnknownService, caseUnknownOneway, caseUndecodable:
			return g.ours == nil
		case caseBigBlob:
			return d.plain().protocol == "json"
		}
		return false
	})
}
