package labels

import (
	"strconv"
	"sync"
	"testing"
)

// TestNamesUsedOnceTakeFewPlaces makes up names without end, among which a real
// method is called now and then.
func TestNamesUsedOnceTakeFewPlaces(t *testing.T) {
	s := New[string](256)
	real := 0 // calls by the real name until it is in the set
	for i := range 100_000 {
		s.Answered(strconv.Itoa(i))
		if i >= 50_000 && i%100 == 0 && !s.Has("real") {
			s.Answered("real")
			real++
		}
	}
	if n := len(*s.names.Load()); n > 17 {
		t.Errorf("%d places are taken, want 16 and the real one's", n)
	}
	if !s.Has("real") {
		t.Errorf("a name that was used %d times is not in the set", real)
	}
	if len(s.candidates) > 256 {
		t.Errorf("%d candidates, want at most 256", len(s.candidates))
	}
}

// TestManyUsesFillTheSet states the limit: whoever calls often enough gets places.
func TestManyUsesFillTheSet(t *testing.T) {
	s := New[int](32)
	calls := 0
	for k := 0; len(*s.names.Load()) < 32; k++ {
		for !s.Answered(k) {
			calls++
		}
		calls++
	}
	if want := 2 * (1<<16 - 1); calls != want {
		t.Errorf("32 places cost %d calls, want %d", calls, want)
	}
	if s.Answered(1000) || s.candidates != nil || !s.Has(0) || !s.Answered(31) || s.Has(1000) {
		t.Error("a full set takes more names, or loses some")
	}
}

// TestACandidateInUseStays lets names that are used twice push out others.
func TestACandidateInUseStays(t *testing.T) {
	s := New[int](16)
	for k := range 9 {
		for !s.Answered(k) {
		}
	} // the next costs 512
	for i := range 511 {
		if s.Answered(-1) {
			t.Fatalf("the name is in the set after %d calls", i+1)
		}
		for k := range 10 {
			s.Answered(100 + 10*i + k)
		}
	}
	if !s.Answered(-1) {
		t.Errorf("the name is not in the set after 512 calls, the candidates are %v", s.candidates)
	}
}

func TestConcurrentNames(t *testing.T) {
	s := New[int](32)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 10_000 {
				if s.Answered(g*5+i%10) && !s.Has(g*5+i%10) {
					t.Error("a name that was in the set is not")
				}
			}
		})
	}
	wg.Wait()
	if n := len(*s.names.Load()); n > 32 {
		t.Errorf("%d names", n)
	}
}

func TestNamesInTheSetDoNotAllocate(t *testing.T) {
	s := New[string](16)
	s.Answered("a")
	if n := testing.AllocsPerRun(100, func() { s.Answered("a"); s.Has("b") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
