package client

import (
	"testing"
	"time"
)

// A negative SlowCall means that no call is slow, and a negative MaxBackoff that the
// wait goes on doubling.
func TestTimesWithoutBound(t *testing.T) {
	c := &Client{Mode: Adaptive, SlowCall: -1, MaxBackoff: -1}
	core := &core{config: c, bounds: c.resolve()}
	conn := &connection{client: core}
	conn.inFlight.push(&call{at: time.Unix(0, 0)})
	if !conn.young(time.Now()) {
		t.Error("a call is slow")
	}
	n := &Node{client: core}
	for failures, most := range map[int]time.Duration{1: 50 * time.Millisecond, 10: 50 * time.Millisecond << 9, 40: core.bounds.maxWait, 1000: core.bounds.maxWait} {
		if wait := n.wait(failures); wait < most/2 || wait > most {
			t.Errorf("%d failures: %v, want %v", failures, wait, most)
		}
	}
}
