package client_test

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) { p.answer() })
		c := st.client(&client.Client{Limits: new(client.Limits)})
		for range 3 {
			check(t, "call", echo(t.Context(), c), outcome{})
			time.Sleep(4 * time.Minute)
			if n := c.Limits.Use().Conns; n != 1 {
				t.Errorf("after 4 minutes there are %d connections, want 1", n)
			}
			time.Sleep(4 * time.Minute)
			if n := c.Limits.Use().Conns; n != 0 {
				t.Errorf("after 8 minutes there are %d connections, want none", n)
			}
		}
		if n := st.dials.Load(); n != 3 {
			t.Errorf("%d connections were dialed, want 3", n)
		}
		c.Close(t.Context())
		st.end()
	})
}

// Without a bound on any time, nothing but the end of a context stops a caller that
// reads its own reply; who reads next must not be stopped by that as well.
func TestCanceledCallsWithoutTimeouts(t *testing.T) {
	noneLeft(t)
	const warm = 40 // the callers read
	came := make(chan struct{})
	st := playOverTCP(t, func(p *peer) {
		for n := 0; ; n++ {
			id, ok := p.read()
			if !ok {
				return
			}
			if n == warm {
				came <- struct{}{}
				continue
			}
			p.Write(reply(id))
		}
	})
	c := st.client(&client.Client{IdleTimeout: -1, MessageTimeout: -1, StallTimeout: -1})
	for range warm {
		check(t, "warming up", echo(t.Context(), c), outcome{})
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-came
		cancel()
	}()
	check(t, "canceled call", echo(ctx, c), outcome{code: mux.Canceled})
	ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	check(t, "next call", echo(ctx, c), outcome{})
	c.Close(t.Context())
	st.end()
}

// A call whose context has ended already is not sent.
func TestEndedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(func(p *peer) { p.answer() })
		c := st.client(&client.Client{})
		check(t, "call", echo(t.Context(), c), outcome{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		check(t, "call", echo(ctx, c), outcome{code: mux.Canceled, notRun: true, retriable: true})
		c.Close(t.Context())
		st.end()
	})
}

// A server that reads nothing holds up no caller beyond its context, and is given
// up after a while.
func TestServerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		release := make(chan struct{})
		st := playInMemory(func(p *peer) {
			if p.n == 1 {
				<-release
				return
			}
			p.answer()
		})
		c := st.client(&client.Client{MaxConnBytes: 200 << 10})
		fooClient := foo.NewFooApiClient(c.Service("FooApi"))
		big := strings.Repeat("x", 100<<10)
		start := time.Now()
		for range 5 { // two are sent or wait to be, the others for room
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := fooClient.Echo(ctx, big)
			cancel()
			check(t, "call", err, outcome{code: mux.DeadlineExceeded, notRun: strings.Contains(err.Error(), "waiting"),
				retriable: strings.Contains(err.Error(), "waiting")})
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("five waits of a second took %v", took)
		}
		check(t, "call", echo(t.Context(), c), outcome{})
		if took := time.Since(start); took < 20*time.Second || took > time.Minute {
			t.Errorf("the connection was given up after %v, want about WriteTimeout", took)
		}
		close(release)
		c.Close(t.Context())
		st.end()
	})
}

// A TLS server that takes a long call slowly is not given up, as long as it takes
// some of it.
func TestSlowTLSServer(t *testing.T) {
	cert, pool := certificate(t)
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) {
			p.Conn = tls.Server(trickle{p.Conn}, &tls.Config{Certificates: []tls.Certificate{cert}})
			p.answer()
		})
		c := st.client(&client.Client{TLS: &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}})
		start := time.Now()
		_, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(t.Context(), strings.Repeat("x", 1<<20))
		check(t, "call", err, outcome{})
		if took := time.Since(start); took < time.Minute {
			t.Errorf("the call took %v, want much more than WriteTimeout", took)
		}
		c.Close(t.Context())
		st.end()
	})
}

// trickle reads a little each second.
type trickle struct{ net.Conn }

func (c trickle) Read(b []byte) (int, error) {
	time.Sleep(time.Second)
	return c.Conn.Read(b[:min(len(b), 10_000)])
}

func TestDialTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		c := &client.Client{Target: "stage:1", FailFast: true, DialTimeout: 3 * time.Second,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			}}
		start := time.Now()
		check(t, "call", echo(t.Context(), c), outcome{code: mux.Unavailable, notRun: true, retriable: true, text: "DialTimeout"})
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the call failed after %v", took)
		}
		// Close ends a dial that is under way.
		done := make(chan error, 1)
		time.Sleep(time.Minute)
		go func() { done <- echo(t.Context(), c) }()
		synctest.Wait()
		c.Close(t.Context())
		check(t, "call of a client that is closed", <-done, outcome{code: mux.Unavailable, notRun: true})
	})
}

// With Adaptive a call that turns out to be slow keeps those behind it from its
// connection, and connections are within the bound.
func TestAdaptive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(func(p *peer) {
			for n := 1; ; n++ {
				id, ok := p.read()
				if !ok {
					return
				}
				if p.n == 1 && n == 3 {
					time.Sleep(time.Minute)
				}
				p.Write(reply(id))
			}
		})
		c := st.client(&client.Client{Mode: client.Adaptive, MaxConnsPerEndpoint: 2})
		check(t, "first call", echo(t.Context(), c), outcome{})
		check(t, "second call", echo(t.Context(), c), outcome{})
		slow := make(chan error, 1)
		go func() { slow <- echo(t.Context(), c) }()
		time.Sleep(10 * time.Millisecond)
		start := time.Now()
		for range 100 {
			check(t, "call beside a slow one", echo(t.Context(), c), outcome{})
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("a slow call delayed others by %v", took)
		}
		if n := st.dials.Load(); n != 2 {
			t.Errorf("%d connections were dialed, want 2", n)
		}
		check(t, "slow call", <-slow, outcome{})
		c.Close(t.Context())
		st.end()
	})
}
