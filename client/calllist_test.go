package client

import (
	"slices"
	"testing"
)

// TestCallsAreTakenOutAnywhere takes calls out of a list in all places.
func TestCallsAreTakenOutAnywhere(t *testing.T) {
	var l callList
	calls := make([]call, 5)
	for i := range calls {
		l.push(&calls[i])
	}
	want := []*call{&calls[0], &calls[1], &calls[2], &calls[3], &calls[4]}
	for _, i := range []int{2, 0, 4, 1, 3} {
		l.remove(&calls[i])
		want = slices.DeleteFunc(want, func(m *call) bool { return m == &calls[i] })
		var got, back []*call
		for m := l.first; m != nil; m = m.next {
			got = append(got, m)
		}
		for m := l.last; m != nil; m = m.prev {
			back = append(back, m)
		}
		slices.Reverse(back)
		if !slices.Equal(got, want) || !slices.Equal(back, want) {
			t.Errorf("without %d: %d calls, %d from behind, want %d", i, len(got), len(back), len(want))
		}
	}
}

// TestPlacesGoToThoseWhoWaitLongest gives up waits in all places of the queue.
func TestPlacesGoToThoseWhoWaitLongest(t *testing.T) {
	l := &Limits{MaxCalls: 1}
	if !l.tryCall() {
		t.Fatal("no place")
	}
	waits := make([]*grant, 6)
	l.mu.Lock()
	for i := range waits {
		waits[i] = &grant{given: make(chan struct{}, 1)}
		l.pushLocked(waits[i])
	}
	l.mu.Unlock()
	for _, i := range []int{3, 0, 5} {
		if !l.forget(waits[i]) || l.forget(waits[i]) {
			t.Errorf("wait %d was not given up once", i)
		}
	}
	for _, i := range []int{1, 2, 4} {
		l.freeCalls(1)
		if len(waits[i].given) != 1 {
			t.Errorf("wait %d has no place in its turn", i)
		}
		if l.forget(waits[i]) {
			t.Errorf("wait %d, which has its place, is still in the queue", i)
		}
	}
	if l.queue.Len() != 0 || l.queued.Load() != 0 {
		t.Error("the queue is not empty")
	}
}
