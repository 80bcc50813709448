package client

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/oneport-thrift/oneport/mux"
)

// waiting returns a pool with a call that stands in line and asks for a place.
func waiting(l *connPlaces, limit int) (*pool, *waiter) {
	p, w := new(pool), newWaiter()
	p.line.enter(w)
	<-w.look
	l.take(p, limit, w)
	return p, w
}

// poked reports whether w has been told to look.
func poked(w *waiter) bool {
	select {
	case <-w.look:
		return true
	default:
		return false
	}
}

// Two places that become free at once are for two pools, though the second is told
// only when the first has taken its own.
func TestTwoFreePlaces(t *testing.T) {
	const limit = 2
	var l connPlaces
	for range limit {
		if !l.take(new(pool), limit, nil) {
			t.Fatal("no place, of which none was taken")
		}
	}
	a, first := waiting(&l, limit)
	b, second := waiting(&l, limit)
	l.free()
	l.free()
	if !poked(first) || poked(second) {
		t.Error("the first is to look first, and alone")
	}
	if l.take(b, limit, second) || !l.take(a, limit, first) {
		t.Error("the place is the first one's")
	}
	if !poked(second) || !l.take(b, limit, second) {
		t.Error("the second place is the second one's")
	}
	if len(l.turns) != 0 || l.len() != limit {
		t.Errorf("%d wait, and %d places are taken", len(l.turns), l.len())
	}
}

// A call that leaves the line does not take the turn of one that has come.
func TestTurnOfACallThatHasComeMeanwhile(t *testing.T) {
	const limit = 1
	var l connPlaces
	l.take(new(pool), limit, nil)
	p, gone := waiting(&l, limit)
	p.line.leave(gone)
	come := newWaiter()
	p.line.enter(come)
	<-come.look
	l.take(p, limit, come)
	l.left(p, gone)
	l.free()
	if !poked(come) || !l.take(p, limit, come) {
		t.Error("the call that has come is not told of the place")
	}
	p.line.leave(come)
	if l.left(p, come); len(l.turns) != 0 {
		t.Error("a pool waits whose calls have all gone")
	}
}

// Who has found a connection and waits for a call's place lets others have the
// place for a connection that it had asked for before.
func TestTurnOfWhoWaitsForACallsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 1
		ctx, cancel := context.WithCancel(t.Context())
		l := &Limits{MaxCalls: 1}
		l.tryCall()
		l.conns.take(new(pool), limit, nil)
		p, w := waiting(&l.conns, limit)
		p.client = &core{config: new(Client), limits: l, ctx: context.Background()}
		other, next := waiting(&l.conns, limit)
		done := make(chan error, 1)
		go func() { done <- p.takeCall(ctx, new(mux.Request), w) }()
		synctest.Wait()
		l.conns.free()
		if !poked(next) || !l.conns.take(other, limit, next) {
			t.Error("the place is kept for who waits for something else")
		}
		cancel()
		if err := <-done; err == nil {
			t.Error("a place for a call, of which none is free")
		}
	})
}
