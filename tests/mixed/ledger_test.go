package mixed

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// What became of a call, as its client sees it.
const (
	answered = "answered" // with its own text
	wrong    = "wrong"    // by what is no answer to it
	unrun    = "unrun"    // it failed, and the failure says that it was not run
	lost     = "lost"     // it failed, and the client cannot know whether it was run
)

// entry is what is known of a call.
type entry struct {
	ran      int      // how often the server ran it
	outcomes []string // what its client said; one for each time
	why      string   // of the last
}

// ledger has an entry for each id, whose first word is the name of its client.
type ledger struct {
	mu      sync.Mutex
	entries map[string]*entry
	runs    map[string]int // calls that were run, of each client
}

func newLedger() *ledger {
	return &ledger{entries: map[string]*entry{}, runs: map[string]int{}}
}

func clientOf(id string) string {
	name, _, _ := strings.Cut(id, " ")
	return name
}

// entry returns the entry of an id. The caller holds the lock.
func (l *ledger) entry(id string) *entry {
	e := l.entries[id]
	if e == nil {
		e = &entry{}
		l.entries[id] = e
	}
	return e
}

// run notes that the server runs a call.
func (l *ledger) run(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entry(id).ran++
	l.runs[clientOf(id)]++
}

// end notes what became of a call.
func (l *ledger) end(outcome, id, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entry(id)
	e.outcomes = append(e.outcomes, outcome)
	e.why = why
}

// progress returns how many calls of each client were run so far.
func (l *ledger) progress() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.runs)
}

// totals are how many calls of a client had each outcome.
type totals map[string]int

func (n totals) String() string {
	return fmt.Sprintf("%d answered, %d failed and said to be unrun, %d lost", n[answered], n[unrun], n[lost])
}

// audit reports every call of a client for which a promise was broken, the first
// few in full. If the client is told, no call may be lost.
func (l *ledger) audit(t *testing.T, name string, told bool) totals {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	sum, broken := totals{}, 0
	for _, id := range slices.Sorted(maps.Keys(l.entries)) {
		if clientOf(id) != name {
			continue
		}
		e := l.entries[id]
		if flaw := e.flaw(told); flaw != "" {
			if broken++; broken <= 5 {
				t.Errorf("%s: %s (ran %d times, %v: %s)", id, flaw, e.ran, e.outcomes, e.why)
			}
		}
		for _, outcome := range e.outcomes {
			sum[outcome]++
		}
	}
	if broken > 0 {
		t.Errorf("%s: %d calls went wrong", name, broken)
	}
	return sum
}

// flaw returns which promise was broken for a call, "" if none was.
func (e *entry) flaw(told bool) string {
	switch {
	case len(e.outcomes) == 0:
		return "it was run, and its client never said what became of it"
	case len(e.outcomes) > 1:
		return "it ended more than once"
	case e.outcomes[0] == wrong:
		return "it got something else than its answer"
	case e.outcomes[0] == answered && e.ran != 1:
		return "it was answered, and not run once"
	case e.outcomes[0] == unrun && e.ran != 0:
		return "its failure said that it was not run, and it was"
	case e.outcomes[0] == lost && e.ran != 0:
		return "it was run, and its answer never came"
	case e.outcomes[0] == lost && told:
		return "its failure did not say that it was not run"
	}
	return ""
}

// service notes in a ledger what it runs.
type service struct {
	foo.FooApi
	ledger *ledger
}

// Echo takes a while, so that some calls run when a server begins to drain.
func (s *service) Echo(_ context.Context, msg string) (string, error) {
	s.ledger.run(msg)
	<-time.After(time.Millisecond)
	return msg, nil
}
