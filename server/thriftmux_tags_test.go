package server

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// TestTagTable changes a table and a map in the same way.
func TestTagTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var table tagTable
	want := make(map[uint32]*call)
	edges := []uint32{0, 1, 7, 8, 15, 16, maxLow - 1, maxLow, maxLow + 1, 1<<23 - 1}
	for range 20_000 {
		tag := r.Uint32N(2 * maxLow)
		if r.IntN(4) == 0 {
			tag = edges[r.IntN(len(edges))]
		}
		if r.IntN(3) == 0 {
			table.set(tag, nil)
			delete(want, tag)
		} else {
			want[tag] = new(call)
			table.set(tag, want[tag])
		}
		for _, tag := range append(edges, tag) {
			if table.get(tag) != want[tag] {
				t.Fatalf("tag %d has another call", tag)
			}
		}
	}
	if got := maps.Collect(table.all()); !maps.Equal(got, want) || len(want) < maxLow {
		t.Errorf("%d calls, want %d", len(got), len(want))
	}
	if len(table.low) != maxLow {
		t.Errorf("%d low tags", len(table.low))
	}
	for range table.all() {
		break
	}
}
