package client_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// byName sends each call to the endpoint that its context names.
type byName struct{}

type nameKey struct{}

func to(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, nameKey{}, name)
}

func (byName) Picker(nodes []*client.Node) func(context.Context) *client.Node {
	return func(ctx context.Context) *client.Node {
		for _, n := range nodes {
			if strings.HasPrefix(n.Endpoint().Addr, ctx.Value(nameKey{}).(string)) {
				return n
			}
		}
		return nodes[0]
	}
}

func (byName) Sticky() bool { return true }

// crowded is two clients that hold the two places for connections with calls that
// take their time: a sticky one of the endpoints "first" and "second", which has a
// connection to the first and one more call for it, and another whose call ends
// after five seconds.
func crowded(t *testing.T, f func(t *testing.T, sticky, other *client.Client)) {
	synctest.Test(t, func(t *testing.T) {
		limits := &client.Limits{MaxConns: 2}
		stages := map[string]*stage{}
		for name, took := range map[string]time.Duration{"first:1": time.Minute, "second:1": 0, "stage:1": 5 * time.Second} {
			stages[name] = playInMemory(slowly(took))
		}
		dial := func(_ context.Context, _, addr string) (net.Conn, error) { return stages[addr].dial() }
		sticky := &client.Client{Target: "first:1,second:1", Balancer: byName{}, MaxCallsPerConn: 1, Limits: limits, DialContext: dial}
		other := &client.Client{Target: "stage:1", Limits: limits, DialContext: dial}
		var wg sync.WaitGroup
		wg.Go(func() { check(t, "the other client's call", echo(t.Context(), other), outcome{}) })
		synctest.Wait()
		for i := range 2 {
			wg.Go(func() {
				check(t, fmt.Sprint("call ", i, " to the first"), echo(to(t.Context(), "first"), sticky), outcome{})
			})
			synctest.Wait()
		}
		time.Sleep(time.Second)
		f(t, sticky, other)
		wg.Wait()
		sticky.Close(t.Context())
		other.Close(t.Context())
		for _, st := range stages {
			st.end()
		}
	})
}

// A free place goes to the call that wants it, also if others of its client that
// want none stand before it.
func TestPlaceForACallThatIsNotFirst(t *testing.T) {
	crowded(t, func(t *testing.T, sticky, _ *client.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		check(t, "call to the second", echo(to(ctx, "second"), sticky), outcome{})
	})
}

// A client whose call for a place has been given up lets others have it, while its
// other calls wait for something else.
func TestTurnOfWhoWantsNoPlaceIsPassedOn(t *testing.T) {
	crowded(t, func(t *testing.T, sticky, other *client.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := echo(to(ctx, "second"), sticky); err == nil {
			t.Error("the call to the second endpoint was answered, without a place")
		}
		time.Sleep(4 * time.Second) // the other client's connection has gone
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		check(t, "call of another client", echo(ctx, other), outcome{})
	})
}

// A client that has connections and wants more for calls without end does not keep
// out one that has none.
func TestWhoHasNoConnectionComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(slowly(50 * time.Millisecond))
		limits := &client.Limits{MaxConns: 2}
		busy := st.client(&client.Client{Mode: client.Exclusive, Limits: limits})
		modest := st.client(&client.Client{Limits: limits})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for ctx.Err() == nil {
					check(t, "call of the busy client", echo(t.Context(), busy), outcome{})
				}
			})
		}
		time.Sleep(time.Second)
		short, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		_, err := foo.NewFooApiClient(modest.Service("FooApi")).Echo(short, "question")
		check(t, "call of the other", err, outcome{})
		cancel()
		wg.Wait()
		busy.Close(t.Context())
		modest.Close(t.Context())
		st.end()
	})
}
