package client_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// lessors are two servers that can send leases.
type lessors struct {
	mu     sync.Mutex
	stages map[string]*stage
	peers  map[string]*peer // the latest
	calls  map[string]int
	mute   atomic.Bool // they answer nothing
}

func newLessors() *lessors {
	l := &lessors{stages: map[string]*stage{}, peers: map[string]*peer{}, calls: map[string]int{}}
	for _, name := range []string{"one:1", "other:1"} {
		l.stages[name] = playInMemory(negotiated(0, func(p *peer) {
			l.mu.Lock()
			l.peers[name] = p
			l.mu.Unlock()
			for tag, ok := p.call(); ok; tag, ok = p.call() {
				l.mu.Lock()
				l.calls[name]++
				l.mu.Unlock()
				if !l.mute.Load() {
					p.done(tag)
				}
			}
		}))
	}
	return l
}

// lease has a server send a lease, and waits until the client knows.
func (l *lessors) lease(name string, d time.Duration) {
	l.mu.Lock()
	l.peers[name].Write(thriftmux.AppendTlease(nil, d))
	l.mu.Unlock()
	synctest.Wait()
}

// share makes 40 calls and returns how many each server got.
func (l *lessors) share(t *testing.T, c *client.Client) (one, other int) {
	t.Helper()
	clear(l.calls)
	for i := range 40 {
		check(t, "call", echo(client.WithHashKey(t.Context(), fmt.Sprint(i)), c), outcome{})
		synctest.Wait() // until what it had opened is open
	}
	one, other = l.calls["one:1"], l.calls["other:1"]
	if one+other != 40 {
		t.Errorf("%d and %d calls came, want 40", one, other)
	}
	return one, other
}

// A server whose lease is over gets calls only if there is no other, whatever
// spreads them; a lease ends with its session.
func TestMuxLease(t *testing.T) {
	for _, b := range []client.Balancer{client.LeastLoaded{}, client.RoundRobin{}, client.ConsistentHash{}} {
		t.Run(fmt.Sprintf("%T", b), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLessors()
				c := &client.Client{Target: "one:1,other:1", Dialect: wire.ThriftMux, Balancer: b,
					DialContext: func(_ context.Context, _, addr string) (net.Conn, error) { return l.stages[addr].dial() }}
				if one, other := l.share(t, c); one == 0 || other == 0 {
					t.Errorf("%d and %d calls without a lease", one, other)
				}
				l.lease("one:1", time.Second)
				if one, other := l.share(t, c); one == 0 || other == 0 {
					t.Errorf("%d and %d calls within the lease", one, other)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if one, _ := l.share(t, c); one != 0 {
					t.Errorf("%d calls when the lease is over", one)
				}
				l.lease("other:1", 0)
				if one, other := l.share(t, c); one == 0 || other == 0 {
					t.Errorf("%d and %d calls when both leases are over", one, other)
				}
				l.lease("one:1", time.Hour)
				if _, other := l.share(t, c); other != 0 {
					t.Errorf("%d calls when only the first lease is renewed", other)
				}
				l.peers["other:1"].Close()
				synctest.Wait()
				if _, other := l.share(t, c); other == 0 {
					t.Error("no calls in a new session, whose server has sent no lease")
				}
				c.Close(context.Background())
				for _, st := range l.stages {
					st.end()
				}
			})
		})
	}
}

// When no other has room, a server gets calls though its lease is over.
func TestMuxLeaseOverAndNoOtherHasRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLessors()
		c := &client.Client{Target: "one:1,other:1", Dialect: wire.ThriftMux, MaxCallsPerConn: 1,
			DialContext: func(_ context.Context, _, addr string) (net.Conn, error) { return l.stages[addr].dial() }}
		l.share(t, c)
		l.lease("one:1", 0)
		clear(l.calls)
		l.mute.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { echo(ctx, c) })
		}
		synctest.Wait()
		if l.calls["one:1"] != 1 || l.calls["other:1"] != 1 {
			t.Errorf("the servers got %v, want a call each", l.calls)
		}
		cancel()
		wg.Wait()
		c.Close(context.Background())
		for _, st := range l.stages {
			st.end()
		}
	})
}
