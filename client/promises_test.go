package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
)

// noWatcher is a resolver that breaks its promise to return a watcher.
type noWatcher struct{}

func (noWatcher) Watch(string, func([]client.Endpoint, error)) (client.Watcher, error) {
	return nil, nil
}

func TestAResolverWithoutAWatcher(t *testing.T) {
	c := &client.Client{Resolver: noWatcher{}, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, io.EOF
	}}
	check(t, "call", echo(t.Context(), c), outcome{code: mux.InternalError, notRun: true, text: "neither a Watcher nor an error"})
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAResolverThatUpdatesSideBySide: none of the lists is mixed with another, and those
// that come after Close change nothing.
func TestAResolverThatUpdatesSideBySide(t *testing.T) {
	noneLeft(t)
	synctest.Test(t, func(t *testing.T) {
		cl := newCluster(3, 0)
		r := &pushed{first: cl.endpoints(0)}
		c := &client.Client{Resolver: r, DialContext: cl.dial}
		check(t, "first call", echo(t.Context(), c), outcome{})
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := range 50 {
					r.update(cl.endpoints((i+j)%3, (i+j+1)%3), nil)
					r.update(nil, errors.New("no list"))
					check(t, "call", echo(t.Context(), c), outcome{})
				}
			})
		}
		wg.Wait()
		c.Close(t.Context())
		r.update(cl.endpoints(0, 1, 2), nil)
		check(t, "call after Close", echo(t.Context(), c), outcome{code: mux.Unavailable, notRun: true})
		cl.end()
	})
}

// TestDialContextReturnsNothing: the call fails as it does when the endpoint is down.
func TestDialContextReturnsNothing(t *testing.T) {
	noneLeft(t)
	synctest.Test(t, func(t *testing.T) {
		c := &client.Client{Target: "stage:1", FailFast: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, nil
		}}
		check(t, "call", echo(t.Context(), c), outcome{code: mux.Unavailable, notRun: true, retriable: true, text: "neither a connection nor an error"})
		c.Close(t.Context())
	})
}

// sliceConn is a connection whose values cannot be compared.
type sliceConn struct {
	net.Conn
	_ []int
}

// TestDialContextReturnsAConnectionTwice: the second is refused, so that no call gets
// the reply of another, and the first goes on.
func TestDialContextReturnsAConnectionTwice(t *testing.T) {
	noneLeft(t)
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(func(p *peer) {
			for {
				id, ok := p.read()
				if !ok {
					return
				}
				time.Sleep(time.Second)
				p.Write(reply(id))
			}
		})
		one, err := st.dial()
		if err != nil {
			t.Fatal(err)
		}
		var opened atomic.Int32
		c := &client.Client{Target: "stage:1", Mode: client.Exclusive, DialContext: func(context.Context, string, string) (net.Conn, error) {
			return one, nil
		}}
		c.Observer.Opened = func(*mux.Peer) { opened.Add(1) }
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { check(t, "call", echo(t.Context(), c), outcome{}) })
		}
		wg.Wait()
		if n := opened.Load(); n != 1 {
			t.Errorf("there were %d connections, want one", n)
		}
		c.Close(t.Context())

		c = &client.Client{Target: "stage:1", Mode: client.Exclusive, DialContext: func(context.Context, string, string) (net.Conn, error) {
			nc, err := st.dial()
			return sliceConn{Conn: nc}, err
		}}
		for range 3 {
			wg.Go(func() { check(t, "call on a connection that cannot be compared", echo(t.Context(), c), outcome{}) })
		}
		wg.Wait()
		c.Close(t.Context())
		st.end()
	})
}

// brokenBalancer gives pickers that break their promises.
type brokenBalancer struct {
	picker func(nodes []*client.Node) func(context.Context) *client.Node
	sticky bool
}

func (b brokenBalancer) Picker(nodes []*client.Node) func(context.Context) *client.Node {
	return b.picker(nodes)
}

func (b brokenBalancer) Sticky() bool { return b.sticky }

// TestBalancersThatPickNothing: a call goes to any node then.
func TestBalancersThatPickNothing(t *testing.T) {
	for name, picker := range map[string]func(*client.Node) func([]*client.Node) func(context.Context) *client.Node{
		"no picker": func(*client.Node) func([]*client.Node) func(context.Context) *client.Node {
			return func([]*client.Node) func(context.Context) *client.Node { return nil }
		},
		"no node": func(*client.Node) func([]*client.Node) func(context.Context) *client.Node {
			return func([]*client.Node) func(context.Context) *client.Node {
				return func(context.Context) *client.Node { return nil }
			}
		},
		"a node of another client": func(other *client.Node) func([]*client.Node) func(context.Context) *client.Node {
			return func([]*client.Node) func(context.Context) *client.Node {
				return func(context.Context) *client.Node { return other }
			}
		},
	} {
		for _, sticky := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", sticky ", sticky), func(t *testing.T) {
				noneLeft(t)
				synctest.Test(t, func(t *testing.T) {
					cl := newCluster(2, 0)
					var node atomic.Pointer[client.Node]
					other := &client.Client{Resolver: &pushed{first: cl.endpoints(0)}, DialContext: cl.dial,
						Balancer: brokenBalancer{picker: func(nodes []*client.Node) func(context.Context) *client.Node {
							node.Store(nodes[0])
							return func(context.Context) *client.Node { return node.Load() }
						}}}
					check(t, "call of the other client", echo(t.Context(), other), outcome{})
					c := &client.Client{Resolver: &pushed{first: cl.endpoints(1)}, DialContext: cl.dial,
						Balancer: brokenBalancer{picker(node.Load()), sticky}}
					for range 3 {
						check(t, "call", echo(t.Context(), c), outcome{})
					}
					if n := cl.calls[1].Load(); n != 3 {
						t.Errorf("the client's own endpoint got %d calls, want 3", n)
					}
					c.Close(t.Context())
					other.Close(t.Context())
					cl.end()
				})
			})
		}
	}
}
