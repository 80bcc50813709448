package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
)

// refreshed is a resolver of one endpoint that counts the hints it gets.
type refreshed struct{ hints atomic.Int32 }

func (r *refreshed) Watch(_ string, update func([]client.Endpoint, error)) (client.Watcher, error) {
	update([]client.Endpoint{{Addr: "stage:1"}}, nil)
	return r, nil
}

func (r *refreshed) Refresh() { r.hints.Add(1) }
func (r *refreshed) Close()   {}

// spied is a balancer that remembers the nodes.
type spied struct {
	client.Balancer
	node atomic.Pointer[client.Node]
}

func (s *spied) Picker(nodes []*client.Node) func(context.Context) *client.Node {
	s.node.Store(nodes[0])
	return s.Balancer.Picker(nodes)
}

// reset resets a script's connection.
func (p *peer) reset() {
	if c, ok := p.Conn.(interface{ Reset() }); ok {
		c.Reset()
	} else {
		p.Conn.(*net.TCPConn).SetLinger(0)
		p.Close()
	}
}

const many = 16

// Connections that a server resets together are one failure: the server is back at
// once, and so are the calls.
func TestConnectionsThatAreLostTogether(t *testing.T) {
	for _, mode := range []client.Mode{client.Exclusive, client.Adaptive} {
		t.Run(fmt.Sprint("memory, mode ", mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { lostTogether(t, mode, playInMemory) })
		})
	}
	t.Run("tcp", func(t *testing.T) {
		lostTogether(t, client.Exclusive, func(s script) *stage { return playOverTCP(t, s) })
	})
}

func lostTogether(t *testing.T, mode client.Mode, play func(script) *stage) {
	noneLeft(t)
	var called sync.WaitGroup // every connection has a call
	called.Add(many)
	st := play(func(p *peer) {
		if p.n > many {
			p.answer()
			return
		}
		p.read()
		called.Done()
		called.Wait()
		p.reset()
	})
	r, b := new(refreshed), &spied{Balancer: client.LeastLoaded{}}
	// A pause of an hour is one that the test does not survive.
	c := st.client(&client.Client{Mode: mode, Resolver: r, Balancer: b, MinBackoff: time.Hour, MaxBackoff: time.Hour})
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() { check(t, "call on a connection that is reset", echo(t.Context(), c), lost("")) })
		if mode == client.Adaptive {
			time.Sleep(10 * time.Millisecond) // the calls so far are slow by now
		}
	}
	wg.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range many {
		wg.Go(func() { check(t, "call behind it", echo(ctx, c), outcome{}) })
	}
	wg.Wait()
	c.Close(t.Context()) // every connection has ended
	if n := r.hints.Load(); n != 1 {
		t.Errorf("the resolver got %d hints, want 1", n)
	}
	if load := b.node.Load().Load(); load > 8 {
		t.Errorf("the endpoint's load is %.1f, want at most that of one failure", load)
	}
	st.end()
}

// Connections that were open when the first one failed are the same event, however
// long the server takes to end them. Those that were opened since are not.
func TestConnectionsThatAreLostOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) {
			if p.n > many+1 {
				p.answer()
				return
			}
			p.read()
			if p.n <= many {
				time.Sleep(time.Duration(p.n) * 100 * time.Millisecond)
			}
			p.reset()
		})
		r := new(refreshed)
		c := st.client(&client.Client{Mode: client.Exclusive, Resolver: r, MinBackoff: time.Hour, MaxBackoff: time.Hour})
		var wg sync.WaitGroup
		for range many {
			wg.Go(func() { check(t, "call", echo(t.Context(), c), lost("reset")) })
		}
		wg.Wait()
		synctest.Wait()
		if n := r.hints.Load(); n != 1 {
			t.Errorf("%d failures were counted, want the first", n)
		}
		check(t, "call on a connection that was opened since", echo(t.Context(), c), lost("reset"))
		synctest.Wait()
		if n := r.hints.Load(); n != 2 {
			t.Errorf("%d failures were counted, want 2", n)
		}
		check(t, "call behind it", echo(t.Context(), c), outcome{})
		c.Close(t.Context())
		st.end()
	})
}

// Dials that fail side by side are one failure: the pause behind them is that of the
// first. A dial that is started after it is a failure of its own.
func TestDialsThatFailTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) { p.answer() })
		r, b := new(refreshed), &spied{Balancer: client.ConsistentHash{}} // every call has its connection dialed
		c := st.client(&client.Client{Mode: client.Exclusive, Resolver: r, Balancer: b})
		open, up := c.DialContext, make(chan struct{})
		var dials atomic.Int32
		c.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if n := dials.Add(1); n <= many {
				<-up
				time.Sleep(time.Duration(n) * time.Millisecond)
				return nil, errors.New("refused")
			}
			return open(ctx, network, address)
		}
		var wg sync.WaitGroup
		for range many {
			wg.Go(func() { check(t, "call", echo(t.Context(), c), outcome{}) })
		}
		synctest.Wait()
		if n := dials.Load(); n != many {
			t.Errorf("%d dials side by side, want %d", n, many)
		}
		start := time.Now()
		close(up)
		wg.Wait()
		if took := time.Since(start); took > 60*time.Millisecond {
			t.Errorf("the calls went on after %v, want after MinBackoff at the most", took)
		}
		if n := r.hints.Load(); n != 1 {
			t.Errorf("the resolver got %d hints, want 1", n)
		}
		if load := b.node.Load().Load(); load > 8 {
			t.Errorf("the endpoint's load is %.1f, want at most that of one failure", load)
		}
		c.Close(t.Context())
		st.end()
	})
}

// Calls that were in flight together and are refused weigh like one failure.
func TestCallsThatAreRefusedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) {
			for range 2 {
				var ids []int32
				for range many {
					id, _ := p.read()
					ids = append(ids, id)
				}
				for _, id := range ids {
					p.Write(refusal(id, mux.Overloaded, mux.SendAgain))
				}
			}
			p.answer()
		})
		b := &spied{Balancer: client.LeastLoaded{}}
		c := st.client(&client.Client{MaxAttempts: 1, Balancer: b})
		for wave := 1; wave <= 2; wave++ {
			var wg sync.WaitGroup
			for range many {
				wg.Go(func() {
					check(t, "call", echo(t.Context(), c), outcome{code: mux.Overloaded, exception: true, retriable: true})
				})
			}
			wg.Wait()
			if load, want := b.node.Load().Load(), float64(8*wave); load != want {
				t.Errorf("after %d waves of refusals the load is %v, want %v", wave, load, want)
			}
		}
		check(t, "call behind them", echo(t.Context(), c), outcome{})
		c.Close(t.Context())
		st.end()
	})
}
