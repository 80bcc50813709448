package mixed

import (
	"os"
	"testing"
	"time"
)

const (
	// restarts is how often the server drains and is started again.
	restarts = 16
	// between is how many calls of each client the server runs meanwhile, at least.
	between = 100
)

// caller is a client at work.
type caller interface{ stop() }

// guest is a client and what it is good for.
type guest struct {
	name string
	what string
	// start starts it in this process. nil means that it is the program of the
	// folder of its name.
	start func(*testing.T, *site, string) caller
	// told says that no failure leaves open whether the call was run.
	told bool
	// breaks says that each restart costs each of its connections a call.
	breaks bool
}

var guests = []guest{
	{name: "finagle", what: "com.twitter:finagle-thriftmux_2.13:22.7.0, ThriftMux", told: true},
	{name: "python", what: "Apache's runtime, framed", breaks: true},
	{name: "cpp", what: "Apache's runtime, unframed", breaks: true},
	{name: "http", what: "Apache's runtime for Go, HTTP", start: startHTTP},
	{name: "oneport-thriftmux", what: "oneport's client, ThriftMux", start: startThriftMux, told: true},
	{name: "oneport-framed", what: "oneport's client, framed", start: startFramed},
}

// invite returns a client that has begun to call s, or why it is not to be had.
func (g *guest) invite(t *testing.T, s *site) (c caller, why string) {
	if g.start != nil {
		return g.start(t, s, g.name), ""
	}
	program, why := build(t, g.name)
	if why != "" {
		return nil, why
	}
	return startProcess(t, program, g.name, s), ""
}

// TestOnePort: all clients at once call a server that drains and comes back, and
// no call is lost or run twice.
func TestOnePort(t *testing.T) {
	rows := newReport(t)
	s := openSite(t)
	var present []guest
	var callers []caller
	for _, g := range guests {
		c, why := g.invite(t, s)
		if why == "" {
			present, callers = append(present, g), append(callers, c)
			continue
		}
		rows.absent(g, why)
		if os.Getenv("CI") == "true" {
			t.Errorf("%s is not to be had: %s", g.name, why)
		}
	}
	for i := range restarts {
		if !s.await(present) {
			break
		}
		wait := s.close()
		if i%2 == 0 { // the next server beside one that drains, or after it
			wait()
			wait = func() {}
		}
		s.open()
		wait()
	}
	s.await(present)
	for _, c := range callers {
		c.stop()
	}
	s.close()()
	for _, g := range present {
		sum := s.ledger.audit(t, g.name, g.told)
		if g.breaks && sum[lost] < restarts {
			t.Errorf("%s: %d calls are lost: no connection was closed under it", g.name, sum[lost])
		}
		rows.ran(g, sum)
		t.Logf("%s: %v", g.name, sum)
	}
}

// await waits until the server has run more calls of each client. It reports false,
// and the test fails, if those of one do not come.
func (s *site) await(all []guest) bool {
	s.t.Helper()
	before := s.ledger.progress()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		late := ""
		now := s.ledger.progress()
		for _, g := range all {
			if now[g.name] < before[g.name]+between {
				late = g.name
			}
		}
		if late == "" {
			return true
		}
		select {
		case <-tick.C:
		case <-deadline:
			s.t.Errorf("no %d calls of %s came in 30 s", between, late)
			return false
		}
	}
}
