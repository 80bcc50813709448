package conn

import (
	"math/rand/v2"
	"testing"
)

func TestPendingIDs(t *testing.T) {
	p := NewPending[int](LastID)
	one, two := 1, 2
	a, b := p.Add(&one), p.Add(&two)
	if a != 1 || b != 2 || p.Open() != 2 {
		t.Fatalf("the first ids are %d and %d, %d open", a, b, p.Open())
	}
	if v, s := p.Take(b); v != &two || s != Open {
		t.Errorf("Take(%d) = %v, %d", b, v, s)
	}
	if v, s := p.Take(b); v != nil || s != Unknown {
		t.Errorf("the second Take(%d) = %v, %d, want nothing", b, v, s)
	}
	if v, s := p.Take(77); v != nil || s != Unknown {
		t.Errorf("Take of an id never issued = %v, %d", v, s)
	}
	if !p.Abandon(a) || p.Abandon(a) || p.Abandon(b) {
		t.Error("Abandon takes something else than open ids")
	}
	if p.Open() != 0 || p.Abandoned() != 1 {
		t.Errorf("%d open and %d abandoned, want 0 and 1", p.Open(), p.Abandoned())
	}
	if v, s := p.Take(a); v != nil || s != Abandoned || p.Abandoned() != 0 {
		t.Errorf("Take of an abandoned id = %v, %d, and %d are left", v, s, p.Abandoned())
	}
}

// Oneways take no slots, and an answer to one is recognized whatever has been
// issued since. Ids above theirs are not known.
func TestPendingOneways(t *testing.T) {
	for _, last := range []uint32{300, LastID} {
		p := NewPending[int](last)
		first := p.AddOneway()
		latest := first
		for v, i := new(int), 0; i < 10*minPending; i++ {
			if got, s := p.Take(p.Add(v)); got != v || s != Open {
				t.Fatalf("Take of a call's id = %v, %d", got, s)
			}
			latest = p.AddOneway()
		}
		if len(p.slots) != minPending || p.Open() != 0 {
			t.Errorf("oneways take %d slots, %d open", len(p.slots), p.Open())
		}
		for _, id := range []uint32{first, latest, first} {
			if v, s := p.Take(id); v != nil || s != Oneway {
				t.Errorf("Take of the oneway %d = %v, %d", id, v, s)
			}
		}
		for _, id := range []uint32{latest + 1, ^uint32(0), last} {
			if v, s := p.Take(id); v != nil || s != Unknown {
				t.Errorf("Take of the id %d, never issued = %v, %d", id, v, s)
			}
		}
	}
}

func TestPendingEndOfOneways(t *testing.T) {
	p := NewPending[int](LastID)
	p.way, p.ways = maxOneways-1, maxOneways-1
	if a, b := p.AddOneway(), p.AddOneway(); a != 1<<31-1 || b != LastID+1 {
		t.Errorf("issued %d and %d, want the last one and the first again", a, b)
	}
	for id, want := range map[uint32]State{LastID + 1: Oneway, LastID + 2: Oneway, 1<<31 - 1: Oneway, 1 << 31: Unknown} {
		if _, s := p.Take(id); s != want {
			t.Errorf("Take(%d) is in state %d, want %d", id, s, want)
		}
	}
}

func TestPendingOwed(t *testing.T) {
	const last = 300
	p := NewPending[int](last)
	owed := make([]uint32, 100)
	for i := range owed {
		owed[i] = p.AddOwed()
	}
	for v := new(int); len(owed) > 0; owed = owed[1:] {
		for range 2 * last {
			if got, s := p.Take(p.Add(v)); got != v || s != Open {
				t.Fatalf("Take = %v, %d", got, s)
			}
		}
		if !p.InUse(owed[0]) {
			t.Fatalf("the id %d is in use no more", owed[0])
		}
		if v, s := p.Take(owed[0]); v != nil || s != Owed || p.InUse(owed[0]) {
			t.Fatalf("Take(%d) = %v, %d, in use: %t", owed[0], v, s, p.InUse(owed[0]))
		}
	}
}

// An id that is still in use is passed over, however often the ids go round.
func TestPendingWrapAround(t *testing.T) {
	const last = 300
	p := NewPending[int](last)
	values := make(map[uint32]*int)
	add := func() {
		v := new(int)
		id := p.Add(v)
		if id < 1 || id > last || values[id] != nil {
			t.Fatalf("issued the id %d, in use: %v", id, values[id] != nil)
		}
		values[id] = v
	}
	for range 20 {
		add()
	}
	for range 10_000 {
		if len(values) > 100 || len(values) > 20 && rand.IntN(2) == 0 {
			for id, v := range values {
				if got, s := p.Take(id); got != v || s != Open {
					t.Fatalf("Take(%d) = %p, %d, want %p", id, got, s, v)
				}
				delete(values, id)
				break
			}
			continue
		}
		add()
	}
	if p.Open() != len(values) {
		t.Errorf("%d are open, want %d", p.Open(), len(values))
	}
}

func TestPendingEndOfIDs(t *testing.T) {
	p := NewPending[int](LastID)
	v := new(int)
	p.Seek(LastID - 1)
	for _, want := range []uint32{LastID - 1, uint32(LastID), 1, 2} {
		if id := p.Add(v); id != want {
			t.Errorf("issued %d, want %d", id, want)
		}
	}
}

func TestPendingAllocs(t *testing.T) {
	p := NewPending[int](LastID)
	v := new(int)
	p.Take(p.Add(v))
	if n := testing.AllocsPerRun(1000, func() { p.Take(p.Add(v)) }); n != 0 {
		t.Errorf("an id costs %v allocations", n)
	}
}
