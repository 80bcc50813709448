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

// pushed is a resolver whose list the test pushes.
type pushed struct {
	first  []client.Endpoint
	err    error
	update func([]client.Endpoint, error)
	closed bool
}

func (p *pushed) Watch(_ string, update func([]client.Endpoint, error)) (client.Watcher, error) {
	p.update = update
	update(p.first, p.err)
	return p, nil
}

func (p *pushed) Refresh() {}
func (p *pushed) Close()   { p.closed = true }

// cluster is several stages, which a client dials by their numbers.
type cluster struct {
	stages []*stage
	calls  []atomic.Int32
}

// newCluster returns n servers that count their calls and answer them after a
// while.
func newCluster(n int, took time.Duration) *cluster {
	cl := &cluster{calls: make([]atomic.Int32, n)}
	for i := range n {
		cl.stages = append(cl.stages, playInMemory(func(p *peer) {
			for {
				id, ok := p.read()
				if !ok {
					return
				}
				cl.calls[i].Add(1)
				if took > 0 {
					time.Sleep(took)
				}
				p.Write(reply(id))
			}
		}))
	}
	return cl
}

func (cl *cluster) endpoints(which ...int) []client.Endpoint {
	var list []client.Endpoint
	for _, i := range which {
		list = append(list, client.Endpoint{Addr: fmt.Sprint(i)})
	}
	return list
}

func (cl *cluster) dial(_ context.Context, _, address string) (net.Conn, error) {
	var i int
	fmt.Sscan(address, &i)
	return cl.stages[i].dial()
}

func (cl *cluster) end() {
	for _, st := range cl.stages {
		st.end()
	}
}

func TestEndpointsComeAndGo(t *testing.T) {
	for name, b := range map[string]client.Balancer{
		"least loaded": client.LeastLoaded{}, "round robin": client.RoundRobin{}, "consistent hash": client.ConsistentHash{},
	} {
		t.Run(name, func(t *testing.T) {
			noneLeft(t)
			synctest.Test(t, func(t *testing.T) {
				cl := newCluster(4, 10*time.Millisecond)
				r := &pushed{first: cl.endpoints(0, 1)}
				c := &client.Client{Resolver: r, Balancer: b, DialContext: cl.dial}
				check(t, "first call", echo(t.Context(), c), outcome{})
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				for caller := range 16 {
					wg.Go(func() {
						ctx := client.WithHashKey(ctx, fmt.Sprint("caller ", caller))
						for ctx.Err() == nil {
							if err := echo(ctx, c); err != nil && ctx.Err() == nil {
								t.Error(err)
							}
						}
					})
				}
				time.Sleep(time.Second)
				for _, step := range [][]int{{0, 1, 2}, {2, 3}, {1}, {0, 1, 2, 3}} {
					r.update(cl.endpoints(step...), nil)
					time.Sleep(500 * time.Millisecond) // calls in flight end where they are
					var before [4]int32
					for i := range before {
						before[i] = cl.calls[i].Load()
					}
					time.Sleep(time.Second)
					for i := range before {
						listed := false
						for _, s := range step {
							listed = listed || s == i
						}
						if got := cl.calls[i].Load() - before[i]; (got > 0) != listed {
							t.Errorf("with the endpoints %v, endpoint %d got %d calls", step, i, got)
						}
					}
				}
				cancel()
				wg.Wait()
				c.Close(t.Context())
				if !r.closed {
					t.Error("the watch was not closed")
				}
				cl.end()
			})
		})
	}
}

func TestNoEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		cl := newCluster(1, 0)
		r := &pushed{err: errors.New("no such host")}
		c := &client.Client{Resolver: r, DialContext: cl.dial}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := echo(ctx, c)
		check(t, "call", err, outcome{code: mux.DeadlineExceeded, notRun: true, retriable: true, text: "no such host"})
		time.AfterFunc(time.Second, func() { r.update(cl.endpoints(0), nil) })
		check(t, "call that waits for the endpoint", echo(t.Context(), c), outcome{})
		c.Close(t.Context())
		cl.end()
	})
}

// One of three endpoints is gone without notice: no call fails, since those are
// sent elsewhere, and it gets its share when it is back.
func TestEndpointIsDownForAWhile(t *testing.T) {
	noneLeft(t)
	synctest.Test(t, func(t *testing.T) {
		cl := newCluster(3, 0)
		var down atomic.Bool
		down.Store(true)
		c := &client.Client{Resolver: client.Static(cl.endpoints(0, 1, 2)), DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "1" && down.Load() {
				return nil, errors.New("connection refused")
			}
			return cl.dial(ctx, network, address)
		}}
		call := func() {
			for range 300 {
				if err := echo(t.Context(), c); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Millisecond)
			}
		}
		call()
		if n := cl.calls[1].Load(); n != 0 {
			t.Errorf("the endpoint that is down got %d calls", n)
		}
		down.Store(false)
		time.Sleep(time.Minute)
		call()
		if n := cl.calls[1].Load(); n < 50 {
			t.Errorf("the endpoint that is back got %d calls of 300", n)
		}
		c.Close(t.Context())
		cl.end()
	})
}

// An endpoint that takes connections and answers nothing is left alone after a few
// failures, and tried again with one call at a time.
func TestEjection(t *testing.T) {
	noneLeft(t)
	synctest.Test(t, func(t *testing.T) {
		good := newCluster(1, 0)
		lost := 0
		bad := playInMemory(func(p *peer) { p.read(); lost++ })
		c := &client.Client{Resolver: client.Static{{Addr: "0"}, {Addr: "bad"}},
			Balancer: client.RoundRobin{},
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if address == "bad" {
					return bad.dial()
				}
				return good.dial(ctx, network, address)
			}}
		failed := 0
		for range 60_000 { // a minute
			if err := echo(t.Context(), c); err != nil {
				failed++
			}
			time.Sleep(time.Millisecond)
		}
		// Without ejection it would be half of them.
		if failed < 3 || failed > 40 || failed != lost {
			t.Errorf("%d calls failed and %d were lost", failed, lost)
		}
		c.Close(t.Context())
		good.end()
		bad.end()
	})
}
