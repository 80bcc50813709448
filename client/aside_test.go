package client_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// pauses returns a script that answers calls in their order once resume is closed.
func pauses(resume <-chan struct{}) script {
	return func(p *peer) {
		<-resume
		p.answer()
	}
}

// A server that pauses makes many callers give up. Those who wait get their replies
// all the same, and the endpoint does not rest.
func TestPauseOfAServer(t *testing.T) {
	for _, pause := range []time.Duration{150 * time.Millisecond, 2 * time.Second} {
		t.Run(pause.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { pauseOfAServer(t, pause) })
		})
	}
}

func pauseOfAServer(t *testing.T, pause time.Duration) {
	noneLeft(t)
	resume := make(chan struct{})
	st := playInMemory(pauses(resume))
	c := st.client(&client.Client{Limits: new(client.Limits)})
	time.AfterFunc(pause, func() { close(resume) })
	var wg sync.WaitGroup
	over := time.Now().Add(pause)
	for range 64 {
		wg.Go(func() {
			for time.Now().Before(over) {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				err := echo(ctx, c)
				cancel()
				if err == nil && time.Now().Before(over) {
					t.Error("a call was answered during the pause")
				}
			}
			check(t, "call behind the pause", echo(t.Context(), c), outcome{})
		})
		wg.Go(func() {
			for range 4 {
				check(t, "call without a deadline", echo(t.Context(), c), outcome{})
			}
		})
	}
	wg.Wait()
	if took := time.Since(over); took > 20*time.Millisecond {
		t.Errorf("the calls were answered %v after the pause", took)
	}
	synctest.Wait()
	if n := st.dials.Load(); n > 3 {
		t.Errorf("%d connections were opened for one pause", n)
	}
	if n := c.Limits.Use().Conns; n != 1 {
		t.Errorf("%d connections are left, want the one that is not retired", n)
	}
	c.Close(t.Context())
	st.end()
}

// A call of a retired connection that brings nothing fails when StallTimeout has
// passed, and as many connections may be retired as may be open: while there are
// others, no call goes to one on which too many were given up.
func TestRetiredConnectionsAreBounded(t *testing.T) {
	for _, conns := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			noneLeft(t)
			var mu sync.Mutex
			calls := map[int]int{} // by connection
			st := playInMemory(func(p *peer) {
				for {
					if _, ok := p.read(); !ok {
						return
					}
					mu.Lock()
					calls[p.n]++
					mu.Unlock()
				}
			})
			c := st.client(&client.Client{Mode: client.Adaptive, MaxConnsPerEndpoint: conns, MaxAbandoned: 4,
				EjectAfter: -1, Limits: new(client.Limits)})
			var wg sync.WaitGroup
			start := time.Now()
			for range conns {
				wg.Go(func() {
					check(t, "call without a deadline", echo(t.Context(), c), lost("StallTimeout"))
					if took := time.Since(start); took < time.Minute || took > 90*time.Second {
						t.Errorf("it was given up after %v, want about StallTimeout", took)
					}
				})
				time.Sleep(10 * time.Millisecond) // the calls so far are slow by now
			}
			for range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				if echo(ctx, c) == nil {
					t.Error("a call was answered")
				}
				cancel()
			}
			synctest.Wait()
			if n := c.Limits.Use().Conns; n > 2*conns || conns == 1 && n != 2 {
				t.Errorf("%d connections are held, want at most %d that are open and as many retired ones", n, conns)
			}
			wg.Wait()
			mu.Lock()
			for n, got := range calls {
				if got > 6 { // one without a deadline, and one more than MaxAbandoned
					t.Errorf("connection %d got %d calls", n, got)
				}
			}
			mu.Unlock()
			c.Close(t.Context())
			st.end()
		})
	}
}

// Giving up calls is a failure of the endpoint, once for each connection that is
// retired: an endpoint that never answers rests, as one that cannot be reached.
func TestEndpointThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) { p.swallow() })
		r := new(refreshed)
		c := st.client(&client.Client{MaxAbandoned: 1, EjectAfter: 2, Resolver: r, MinBackoff: time.Hour, MaxBackoff: time.Hour})
		for range 12 {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			echo(ctx, c)
			cancel()
			synctest.Wait()
		}
		if n := r.hints.Load(); n != 2 || st.dials.Load() != 2 {
			t.Errorf("%d failures and %d connections, want 2 of each", n, st.dials.Load())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		check(t, "call to an endpoint that rests", echo(ctx, c),
			outcome{code: mux.DeadlineExceeded, notRun: true, retriable: true, text: "MaxAbandoned"})
		c.Close(t.Context())
		st.end()
	})
}

// A oneway that is being sent is not lost with a call that is given up on a
// connection of one call at a time.
func TestOnewayBesideAnAbandonedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) {
			if p.n > 1 {
				p.answer()
				return
			}
			time.Sleep(time.Second)
			p.swallow()
		})
		c := st.client(&client.Client{Mode: client.Exclusive, MaxConnsPerEndpoint: 1, Limits: new(client.Limits)})
		var wg sync.WaitGroup
		big := string(make([]byte, 100<<10)) // more than the network takes
		wg.Go(func() {
			check(t, "oneway", foo.NewFooApiClient(c.Service("FooApi")).Note(t.Context(), big), outcome{})
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		check(t, "call behind it", echo(ctx, c), outcome{code: mux.DeadlineExceeded})
		wg.Wait()
		check(t, "next call", echo(t.Context(), c), outcome{})
		synctest.Wait()
		if n := c.Limits.Use().Conns; n != 1 {
			t.Errorf("%d connections are left, want the second", n)
		}
		c.Close(t.Context())
		st.end()
	})
}

// A retired connection keeps its place in Limits.MaxConns, and whoever needs one more
// does not wait for it while another connection has no calls.
func TestRetiredConnectionIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		limits := &client.Limits{MaxConns: 2}
		idleStage := playInMemory(func(p *peer) { p.answer() })
		idle := idleStage.client(&client.Client{Limits: limits})
		check(t, "call that leaves an idle connection", echo(t.Context(), idle), outcome{})
		st := playInMemory(func(p *peer) {
			if p.n == 1 {
				p.swallow()
			}
			p.answer()
		})
		c := st.client(&client.Client{Limits: limits, MaxAbandoned: 2})
		var wg sync.WaitGroup
		wg.Go(func() { check(t, "call without a deadline", echo(t.Context(), c), lost("StallTimeout")) })
		synctest.Wait()
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			check(t, "call that is given up", echo(ctx, c), outcome{code: mux.DeadlineExceeded})
			cancel()
		}
		start := time.Now()
		check(t, "call on another connection", echo(t.Context(), c), outcome{})
		if took := time.Since(start); took > time.Second {
			t.Errorf("it waited %v for a connection", took)
		}
		if n := limits.Use().Conns; n != 2 {
			t.Errorf("%d connections are held, want the retired one and the other", n)
		}
		wg.Wait()
		idle.Close(t.Context())
		c.Close(t.Context())
		idleStage.end()
		st.end()
	})
}
