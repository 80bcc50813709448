package mixed

import (
	"os"
	"testing"
	"time"
)

const (
	// restarts is how often the server drains and is started again.
	restarts = 30
	// between is how many calls of each client the server runs meanwhile, at least.
	between = 50
)

// caller is a client at work.
type caller interface{ stop() }

// guest is a client and what it is good for.
type guest struct {
	name string
	what string
	// start starts it in this process. nil means that it is the program of the
	// folder of its name.
	start func(t *testing.T, s *site, name string) caller
	// told says that no failure leaves open whether the call was run.
	told bool
	// breaks says that each restart costs each of its connections a call.
	breaks bool

	path string // of the program
}

var guests = []guest{
	{name: "finagle", what: "com.twitter:finagle-thriftmux_2.13:22.7.0, ThriftMux", told: true},
	{name: "python", what: "Apache's runtime, framed", breaks: true},
	{name: "cpp", what: "Apache's runtime, unframed", breaks: true},
	{name: "http", what: "Apache's runtime for Go, HTTP", start: startHTTP},
	{name: "oneport-thriftmux", what: "oneport's client, ThriftMux", start: startThriftMux, told: true},
	{name: "oneport-framed", what: "oneport's client, framed", start: startFramed},
}

// arrived returns the clients that are to be had here.
func arrived(t *testing.T, rows *report) []guest {
	var present []guest
	for _, g := range guests {
		why := ""
		if g.start == nil {
			g.path, why = build(t, g.name)
		}
		if why == "" {
			present = append(present, g)
			continue
		}
		rows.absent(g, why)
		if os.Getenv("CI") == "true" {
			t.Errorf("%s is not to be had: %s", g.name, why)
		}
	}
	return present
}

// begin starts the client.
func (g *guest) begin(t *testing.T, s *site) caller {
	if g.start != nil {
		return g.start(t, s, g.name)
	}
	return startProcess(t, g.path, g.name, s)
}

// TestOnePort: all clients at once call a server that drains and comes back, and
// no call is lost or run twice.
func TestOnePort(t *testing.T) {
	rows := newReport(t)
	present := arrived(t, rows)
	s := openSite(t)
	var callers []caller
	for _, g := range present {
		callers = append(callers, g.begin(t, s))
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
	deadline := time.After(time.Minute)
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
			s.t.Errorf("no %d calls of %s came in a minute", between, late)
			return false
		}
	}
}
