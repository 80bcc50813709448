package main

import (
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	if got, want := spreadOf(values), (spread{3, 1, 5}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if !slices.Equal(values, []float64{5, 1, 4, 2, 3}) {
		t.Errorf("the values were changed: %v", values)
	}
	if got := spreadOf(nil); got != (spread{}) {
		t.Errorf("spread of nothing: %v", got)
	}
}

// TestRatios has rounds in which all is slower: the ratio of the medians, 3, is
// none that any round had.
func TestRatios(t *testing.T) {
	cells := []cell{
		newCell(server{name: limit}, "", []sample{{CPU: 1}, {CPU: 10}, {CPU: 1}}),
		newCell(server{name: stub}, "", []sample{{CPU: 2}, {CPU: 20}, {CPU: 3}}),
	}
	relate(cells)
	if got, want := cells[1].OfLimit, (spread{2, 2, 3}); got != want {
		t.Errorf("of the limit: %v, want %v", got, want)
	}
	if got, want := cells[0].OfStub, (spread{0.5, 1.0 / 3, 0.5}); got != want {
		t.Errorf("of the stub: %v, want %v", got, want)
	}
	relate(cells[:1])
	if got := cells[0].OfStub; got != (spread{}) {
		t.Errorf("of a stub that was not measured: %v", got)
	}
}
