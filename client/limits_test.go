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

// slowly is a script that answers after a while, one call after the other.
func slowly(took time.Duration) script {
	return func(p *peer) {
		for {
			id, ok := p.read()
			if !ok {
				return
			}
			time.Sleep(took)
			p.Write(reply(id))
		}
	}
}

// Callers that give up and come again must not breed sockets: 32 and then 1,000
// callers against a server that is too slow for them, through one client and
// through ten that share their Limits.
func TestZombies(t *testing.T) {
	const maxConns, maxCalls = 8, 40
	for _, clients := range []int{1, 10} {
		for _, mode := range []client.Mode{client.Pipelined, client.Exclusive, client.Adaptive} {
			for _, callers := range []int{32, 1000} {
				t.Run(fmt.Sprintf("%d clients of mode %d, %d callers", clients, mode, callers), func(t *testing.T) {
					noneLeft(t)
					synctest.Test(t, func(t *testing.T) {
						zombies(t, clients, mode, callers, &client.Limits{MaxConns: maxConns, MaxCalls: maxCalls})
					})
				})
			}
		}
	}
}

func zombies(t *testing.T, clients int, mode client.Mode, callers int, limits *client.Limits) {
	st := playInMemory(slowly(100 * time.Millisecond))
	all := make([]*client.Client, clients)
	for i := range all {
		all[i] = st.client(&client.Client{Mode: mode, Limits: limits})
	}
	goroutines := clientGoroutines()
	var answers [10]atomic.Int32
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for range 6 {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				if echo(ctx, all[i%clients]) == nil {
					answers[i%clients].Add(1)
				}
				cancel()
			}
		})
	}
	for range 30 {
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		use := limits.Use()
		if use.Conns > limits.MaxConns || use.Calls > limits.MaxCalls || use.Waiting > callers {
			t.Errorf("in use are %+v, over the limits", use)
		}
		// A connection has a goroutine that reads and one that writes; callers
		// have their own.
		if n := clientGoroutines() - goroutines; n > callers+2*limits.MaxConns {
			t.Errorf("%d goroutines, over %d of callers and %d connections", n, callers, limits.MaxConns)
		}
	}
	wg.Wait()
	for i := range all {
		if n := answers[i].Load(); n == 0 {
			t.Errorf("client %d got no answer", i)
		}
		all[i].Close(t.Context())
	}
	st.end()
	if most, left := st.most.Load(), st.open.Load(); most > int32(limits.MaxConns) || left != 0 {
		t.Errorf("%d sockets were open at a time, over %d, and in the end %d", most, limits.MaxConns, left)
	}
	if use := limits.Use(); use != (client.Use{}) {
		t.Errorf("in the end %+v is in use", use)
	}
}

func TestWaitingCallsAreBounded(t *testing.T) {
	for name, limits := range map[string]*client.Limits{
		"MaxWaiting":      {MaxCalls: 1, MaxWaiting: 2},
		"MaxWaitingBytes": {MaxCalls: 1, MaxWaitingBytes: 40},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := playInMemory(slowly(time.Second))
				c := st.client(&client.Client{Limits: limits})
				errs := make([]error, 5)
				var wg sync.WaitGroup
				for i := range errs {
					wg.Go(func() { errs[i] = echo(t.Context(), c) })
					synctest.Wait()
				}
				wg.Wait()
				for i, err := range errs {
					want := outcome{}
					if i > 2 {
						want = outcome{code: mux.Overloaded, notRun: true, retriable: true, text: name}
					}
					check(t, fmt.Sprint("call ", i), err, want)
				}
				c.Close(t.Context())
				st.end()
			})
		})
	}
}

func TestFailFastAtTheBounds(t *testing.T) {
	for name, set := range map[string]func(*client.Client){
		"MaxCalls":        func(c *client.Client) { c.Limits = &client.Limits{MaxCalls: 1} },
		"MaxCallsPerConn": func(c *client.Client) { c.MaxCallsPerConn = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := playInMemory(slowly(time.Second))
				c := st.client(&client.Client{FailFast: true})
				set(c)
				done := make(chan error, 1)
				go func() { done <- echo(t.Context(), c) }()
				synctest.Wait()
				check(t, "second call", echo(t.Context(), c), outcome{code: mux.Overloaded, notRun: true, retriable: true, text: name})
				check(t, "first call", <-done, outcome{})
				c.Close(t.Context())
				st.end()
			})
		})
	}
}

// Without a connection of its own a client that does not wait takes the place of one
// without calls, but waits for no call to end.
func TestFailFastWithoutAPlaceForAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(slowly(time.Minute))
		limits := &client.Limits{MaxConns: 1}
		other, c := st.client(&client.Client{Limits: limits}), st.client(&client.Client{Limits: limits, FailFast: true})
		done := make(chan error, 1)
		go func() { done <- echo(t.Context(), other) }()
		synctest.Wait()
		for range 2 {
			start := time.Now()
			check(t, "call", echo(t.Context(), c), outcome{code: mux.Overloaded, notRun: true, retriable: true, text: "MaxConns"})
			if took := time.Since(start); took != 0 {
				t.Errorf("it failed after %v", took)
			}
			time.Sleep(time.Second) // the connection may be asked to go
		}
		check(t, "call of the other client", <-done, outcome{})
		check(t, "call when there is a place", echo(t.Context(), c), outcome{})
		check(t, "another call of the other client", echo(t.Context(), other), outcome{})
		time.Sleep(time.Second)
		check(t, "call when the connection that is open has no calls", echo(t.Context(), c), outcome{})
		c.Close(t.Context())
		other.Close(t.Context())
		st.end()
	})
}

// A call that waited for room in vain says so, whatever once was the matter with
// the endpoint.
func TestWaitingForRoomTellsTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(slowly(time.Minute))
		c := st.client(&client.Client{MaxCallsPerConn: 1})
		open, dials := c.DialContext, 0
		c.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials++; dials == 1 {
				return nil, errors.New("refused at first")
			}
			return open(ctx, network, address)
		}
		done := make(chan error, 1)
		go func() { done <- echo(t.Context(), c) }()
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		check(t, "call", echo(ctx, c), outcome{code: mux.DeadlineExceeded, notRun: true, retriable: true, text: "no open connection has room"})
		check(t, "first call", <-done, outcome{})
		c.Close(t.Context())
		st.end()
	})
}

// Calls wait in the order of arrival, whichever way round they would be faster.
func TestWaitingInOrder(t *testing.T) {
	for name, set := range map[string]func(*client.Client){
		"MaxCalls":            func(c *client.Client) { c.Limits = &client.Limits{MaxCalls: 1} },
		"MaxCallsPerConn":     func(c *client.Client) { c.MaxCallsPerConn = 1 },
		"MaxConnsPerEndpoint": func(c *client.Client) { c.Mode, c.MaxConnsPerEndpoint = client.Exclusive, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := playInMemory(slowly(time.Second))
				c := st.client(&client.Client{})
				set(c)
				var mu sync.Mutex
				var order []int
				var wg sync.WaitGroup
				for i := range 6 {
					wg.Go(func() {
						for round := range 3 {
							check(t, "call", echo(t.Context(), c), outcome{})
							mu.Lock()
							order = append(order, 6*round+i)
							mu.Unlock()
						}
					})
					synctest.Wait()
				}
				wg.Wait()
				for i, n := range order {
					if i != n {
						t.Fatalf("answered in the order %v", order)
					}
				}
				c.Close(t.Context())
				st.end()
			})
		})
	}
}

func TestCloseEndsWaitingCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(slowly(time.Second))
		c := st.client(&client.Client{MaxCallsPerConn: 1, Limits: &client.Limits{MaxCalls: 2}})
		errs := make(chan error, 4)
		for range 4 { // one runs, one waits for a connection, two for a place
			go func() { errs <- echo(t.Context(), c) }()
			synctest.Wait()
		}
		start := time.Now()
		closed := make(chan error, 1)
		go func() { closed <- c.Close(t.Context()) }()
		for range 3 {
			if err := <-errs; !errors.Is(err, client.ErrClosed) || client.IsRetriable(err) || time.Since(start) != 0 {
				t.Errorf("a call that waited: %v after %v", err, time.Since(start))
			}
		}
		check(t, "the call that ran", <-errs, outcome{})
		if err := <-closed; err != nil || time.Since(start) != time.Second {
			t.Errorf("Close: %v after %v, want nil after the call's second", err, time.Since(start))
		}
		if err := echo(t.Context(), c); !errors.Is(err, client.ErrClosed) {
			t.Errorf("a call after Close: %v", err)
		}
		st.end()
	})
}

func TestCloseCutsWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) { p.swallow() })
		c := st.client(&client.Client{})
		errs := make(chan error, 1)
		go func() { errs <- echo(t.Context(), c) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		check(t, "the call that ran", <-errs, lost("closed before"))
		if err := c.Close(t.Context()); err != nil {
			t.Errorf("the second Close: %v", err)
		}
		st.end()
	})
}
