package client

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// someNodes returns nodes that have no connections.
func someNodes(n int) []*Node {
	nodes := make([]*Node, n)
	for i := range nodes {
		nodes[i] = &Node{endpoint: Endpoint{Addr: fmt.Sprintf("10.0.0.%d:9090", i)}}
	}
	return nodes
}

// carry makes n look as if it had calls in flight.
func carry(n *Node, calls int32) {
	c := new(connection)
	c.load.Store(calls)
	n.conns[0].Store(&[]*connection{c})
}

// shares counts the picks of each node.
func shares(pick func(context.Context) *Node, picks int) map[*Node]int {
	got := map[*Node]int{}
	for range picks {
		got[pick(context.Background())]++
	}
	return got
}

func TestLeastLoaded(t *testing.T) {
	nodes := someNodes(3)
	carry(nodes[1], 5)
	got := shares(LeastLoaded{}.Picker(nodes), 3000)
	// The loaded one is only taken when it is drawn twice, which it is not.
	if got[nodes[1]] != 0 || got[nodes[0]] < 1200 || got[nodes[2]] < 1200 {
		t.Errorf("picked %d, %d, %d times, want the one in the middle never", got[nodes[0]], got[nodes[1]], got[nodes[2]])
	}
	if got := shares(LeastLoaded{}.Picker(nodes[:1]), 10); got[nodes[0]] != 10 {
		t.Errorf("the only node is picked %d times of 10", got[nodes[0]])
	}
}

func TestPenaltyFades(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := someNodes(2)
		carry(nodes[1], 5)
		nodes[0].penalty.add(time.Now())
		pick := LeastLoaded{}.Picker(nodes)
		if n := pick(t.Context()); n != nodes[1] {
			t.Error("a node that has just failed is preferred")
		}
		time.Sleep(penaltyHalfLife)
		if n := pick(t.Context()); n != nodes[0] {
			t.Error("a failure is not forgotten")
		}
		for range 1000 {
			nodes[0].penalty.add(time.Now())
		}
		if got := nodes[0].Load(); got != maxPenalty {
			t.Errorf("many failures weigh %v, want %v", got, maxPenalty)
		}
		time.Sleep(20 * penaltyHalfLife)
		if got := nodes[0].Load(); got != 0 && nodes[0].penalty.now() != 0 {
			t.Errorf("after a long time %v is left", got)
		}
	})
}

func TestRoundRobin(t *testing.T) {
	nodes := someNodes(3)
	pick := RoundRobin{}.Picker(nodes)
	for n, times := range shares(pick, 30) {
		if times != 10 {
			t.Errorf("%v is picked %d times of 30", n.Endpoint(), times)
		}
	}
	a, b, c := pick(t.Context()), pick(t.Context()), pick(t.Context())
	if a == b || b == c || a == c || pick(t.Context()) != a {
		t.Error("the nodes do not take turns")
	}
}

func TestConsistentHash(t *testing.T) {
	const keys = 10_000
	nodes := someNodes(10)
	all := ConsistentHash{}.Picker(nodes)
	without := ConsistentHash{}.Picker(append(append([]*Node(nil), nodes[:4]...), nodes[5:]...))
	share := map[*Node]int{}
	for i := range keys {
		ctx := WithHashKey(t.Context(), fmt.Sprint("user ", i))
		n := all(ctx)
		share[n]++
		if all(ctx) != n {
			t.Fatal("a key goes to two nodes")
		}
		if m := without(ctx); m == nodes[4] || n != nodes[4] && m != n {
			t.Fatalf("a key of %v moves to %v when %v leaves", n.Endpoint(), m.Endpoint(), nodes[4].Endpoint())
		}
	}
	for _, n := range nodes {
		if share[n] < keys/20 || share[n] > keys/5 {
			t.Errorf("%v has %d of %d keys", n.Endpoint(), share[n], keys)
		}
	}
	if got := shares(all, 1000); len(got) != len(nodes) {
		t.Errorf("calls without a key go to %d nodes of %d", len(got), len(nodes))
	}
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &budget{share: 0.1, floor: 10, at: time.Now(), tokens: 10}
		calls := 0
		taken := func() (n int) {
			for b.take(calls, time.Now()) {
				n++
			}
			return n
		}
		if n := taken(); n != 10 {
			t.Errorf("%d retries at first, want 10", n)
		}
		calls += 200
		if n := taken(); n != 20 {
			t.Errorf("%d retries for 200 calls, want 20", n)
		}
		calls -= 100
		if n := taken(); n != 0 {
			t.Errorf("%d retries for a count that is late, want none", n)
		}
		calls += 100
		if n := taken(); n != 0 {
			t.Errorf("%d retries for calls that were counted already, want none", n)
		}
		time.Sleep(2 * time.Second)
		if n := taken(); n != 20 {
			t.Errorf("%d retries after two seconds, want 20", n)
		}
		calls += 1_000_000
		time.Sleep(time.Hour)
		if n := taken(); n != savedCalls {
			t.Errorf("%d retries are saved up, want %d", n, savedCalls)
		}
	})
}

// A bound that is negative is none, as with all others.
func TestBudgetWithoutBound(t *testing.T) {
	for name, c := range map[string]*Client{"share": {RetryShare: -1}, "floor": {RetryFloor: -1}} {
		b := c.resolve()
		budget := &budget{share: b.share, floor: b.floor, at: time.Now(), tokens: b.floor}
		for n := range 100_000 {
			if !budget.take(1, time.Now()) {
				t.Fatalf("no %s, and yet %d retries are all", name, n)
			}
		}
	}
}
