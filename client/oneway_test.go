package client_test

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

func note(ctx context.Context, c *client.Client) error {
	return foo.NewFooApiClient(c.Service("FooApi")).Note(ctx, "note")
}

// Servers whose IDL says otherwise answer a oneway call. The answer is dropped.
func TestAnsweredOneway(t *testing.T) {
	for name, play := range map[string]func(*testing.T, script) *stage{
		"memory": func(_ *testing.T, s script) *stage { return playInMemory(s) }, "tcp": playOverTCP,
	} {
		t.Run(name, func(t *testing.T) {
			noneLeft(t)
			st := play(t, func(p *peer) { p.answer() })
			c := st.client(&client.Client{})
			for range 100 {
				check(t, "oneway", note(t.Context(), c), outcome{})
				check(t, "call behind it", echo(t.Context(), c), outcome{})
			}
			if n := st.dials.Load(); n != 1 {
				t.Errorf("%d connections were dialed, want 1", n)
			}
			c.Close(t.Context())
			st.end()
		})
	}
}

// However late a server answers a oneway call, with a result or with an exception,
// that ends nothing. An id that no oneway had ends the connection.
func TestOnewayThatIsAnsweredLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) {
			if p.n > 1 {
				p.answer()
				return
			}
			first, _ := p.read()
			second, _ := p.read()
			for range 500 {
				id, _ := p.read()
				p.Write(reply(id))
			}
			id, _ := p.read()
			p.Write(reply(second))
			p.Write(refusal(first, mux.UnknownMethod, mux.DoNotSendAgain))
			p.Write(reply(id))
			p.read()
			p.Write(reply(second + 1))
		})
		c := st.client(&client.Client{})
		for range 2 {
			check(t, "oneway", note(t.Context(), c), outcome{})
		}
		for range 501 {
			check(t, "call behind it", echo(t.Context(), c), outcome{})
		}
		check(t, "call behind an id that was never issued", echo(t.Context(), c), lost("no call in flight has"))
		check(t, "next call", echo(t.Context(), c), outcome{})
		c.Close(t.Context())
		st.end()
	})
}

// Oneways that wait for room get it when those before them have been sent: no
// reply comes that could tell them.
func TestOnewaysThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) {
			time.Sleep(time.Second)
			p.swallow()
		})
		c := st.client(&client.Client{MaxConnBytes: 64 << 10})
		big := string(make([]byte, 50<<10))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				check(t, "oneway", foo.NewFooApiClient(c.Service("FooApi")).Note(ctx, big), outcome{})
			})
		}
		wg.Wait()
		c.Close(t.Context())
		st.end()
	})
}

func TestOnewayType(t *testing.T) {
	types := make(chan wire.Type, 1)
	c := serveOn(t, "memory", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		types <- req.Type
		return mux.Reply{}, nil
	}), &client.Client{})
	check(t, "oneway", note(t.Context(), c), outcome{})
	if got := <-types; got != wire.Oneway {
		t.Errorf("the server got a message of type %v, want %v", got, wire.Oneway)
	}
}

// A oneway that the system does not take does not succeed.
func TestOnewayThatIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		c := &client.Client{Target: "stage:1", DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, syscall.ECONNREFUSED
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		check(t, "oneway", note(ctx, c), outcome{code: mux.DeadlineExceeded, notRun: true, retriable: true})
		c.Close(t.Context())

		release := make(chan struct{})
		st := playInMemory(func(p *peer) { <-release })
		c = st.client(&client.Client{MaxMessageSize: 1 << 20})
		big := string(make([]byte, 100<<10)) // more than is under way
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := foo.NewFooApiClient(c.Service("FooApi")).Note(ctx, big)
		check(t, "oneway", err, outcome{code: mux.DeadlineExceeded})
		err = foo.NewFooApiClient(c.Service("FooApi")).Note(t.Context(), big)
		check(t, "oneway behind it, on a connection of its own in the end", err, lost("WriteTimeout"))
		close(release)
		c.Close(t.Context())
		st.end()
	})
}
