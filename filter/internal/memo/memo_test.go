package memo

import (
	"sync"
	"testing"
)

func TestMemo(t *testing.T) {
	m := New[string, int](2)
	made := 0
	add := func(k string, v int) (int, bool) {
		return m.Add(k, func() int {
			made++
			return v
		})
	}
	for _, c := range []struct {
		key   string
		value int
		want  int
		ok    bool
	}{{"a", 1, 1, true}, {"a", 2, 1, true}, {"b", 3, 3, true}, {"c", 4, 0, false}, {"b", 5, 3, true}} {
		if v, ok := add(c.key, c.value); v != c.want || ok != c.ok {
			t.Errorf("Add(%q, %d) is %d, %v; want %d, %v", c.key, c.value, v, ok, c.want, c.ok)
		}
		if v, ok := m.Get(c.key); v != c.want || ok != c.ok {
			t.Errorf("Get(%q) is %d, %v; want %d, %v", c.key, v, ok, c.want, c.ok)
		}
	}
	sum := 0
	for _, v := range m.All {
		sum += v
	}
	for range m.All {
		sum++
		break // early
	}
	if sum != 1+3+1 {
		t.Errorf("All has other values than 1 and 3, or goes on")
	}
	if made != 2 {
		t.Errorf("made %d values, want 2", made)
	}
}

func TestMemoWithoutBound(t *testing.T) {
	m := New[int, int](0)
	for i := range 100 {
		if v, ok := m.Add(i, func() int { return i }); v != i || !ok {
			t.Fatalf("Add(%d) is %d, %v", i, v, ok)
		}
	}
}

// TestMemoSideBySide is for the race detector, and counts what is made.
func TestMemoSideBySide(t *testing.T) {
	m := New[int, int](10)
	var mu sync.Mutex
	made := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 100 {
				if v, ok := m.Add(i, func() int {
					mu.Lock()
					defer mu.Unlock()
					made++
					return i
				}); ok && v != i {
					t.Errorf("%d is %d", i, v)
				}
				m.Get(i)
			}
		})
	}
	wg.Wait()
	if made != 10 {
		t.Errorf("made %d values, want 10", made)
	}
}

func TestGetDoesNotAllocate(t *testing.T) {
	m := New[string, int](1)
	m.Add("a", func() int { return 1 })
	if n := testing.AllocsPerRun(100, func() { m.Get("a"); m.Get("b") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
