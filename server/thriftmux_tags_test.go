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
	edges := []uint32{0, 1, minPlaces - 1, minPlaces, minPlaces + 1, maxPlaces - 1, maxPlaces, maxPlaces + 1, 1<<23 - 1}
	for range 20_000 {
		tag := r.Uint32N(2 * maxPlaces)
		if r.IntN(4) == 0 {
			tag = edges[r.IntN(len(edges))]
		}
		switch {
		case r.IntN(3) == 0:
			table.remove(tag)
			delete(want, tag)
		case want[tag] == nil:
			want[tag] = new(call)
			table.add(tag, want[tag])
		}
		for _, tag := range append(edges, tag) {
			if table.get(tag) != want[tag] {
				t.Fatalf("tag %d has another call", tag)
			}
		}
	}
	if got := maps.Collect(table.all()); !maps.Equal(got, want) || len(want) < maxPlaces {
		t.Errorf("%d calls, want %d", len(got), len(want))
	}
	if len(table.places) != maxPlaces {
		t.Errorf("%d places", len(table.places))
	}
	for range table.all() {
		break
	}
}

// TestTagTablePlaces: the tags of clients as they are, however high they get, take
// no more than places, and those of others no more places than they need.
func TestTagTablePlaces(t *testing.T) {
	const open = 32
	for name, step := range map[string]uint32{"lowest": 0, "counted up": 1, "far apart": maxPlaces} {
		var table tagTable
		tag := func(i uint32) uint32 {
			if step == 0 {
				return 2 + i%open
			}
			return 2 + i*step
		}
		for i := range uint32(10 * maxPlaces) {
			if i >= open {
				table.remove(tag(i - open))
			}
			table.add(tag(i), new(call))
		}
		if n := len(table.places); n > 2*open {
			t.Errorf("%s: %d places for %d calls", name, n, open)
		}
		if near := step != maxPlaces; near != (table.others == nil) {
			t.Errorf("%s: %d calls have no place", name, len(table.others))
		}
	}
}
