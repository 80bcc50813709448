package finagle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// echoes is a FooApi that counts how often each text was echoed.
type echoes struct {
	foo.FooApi
	mu  sync.Mutex
	ran map[string]int
}

func (e *echoes) Echo(ctx context.Context, msg string) (string, error) {
	e.mu.Lock()
	e.ran[msg]++
	e.mu.Unlock()
	select { // so that some calls run when a server begins to drain
	case <-time.After(time.Millisecond):
	case <-ctx.Done():
	}
	return msg, nil
}

// count returns how many texts were echoed, and the first of those that were more
// than once.
func (e *echoes) count() (texts int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for msg, n := range e.ran {
		if n != 1 {
			err = fmt.Errorf("%q ran %d times", msg, n)
		}
	}
	return len(e.ran), err
}

// serve serves e until the test ends or shutdown is called.
func serve(t *testing.T, l net.Listener, e *echoes, filters ...mux.Filter) (shutdown func()) {
	t.Helper()
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(e), filters...)
	srv := &server.Server{Handler: m}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	shutdown = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; !errors.Is(err, server.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	t.Cleanup(shutdown)
	return shutdown
}

// testNack: what one server refuses, the client sends to the other, and no call
// runs twice.
func testNack(t *testing.T, program string) {
	e := &echoes{ran: map[string]int{}}
	var refused atomic.Int32
	busy := func(mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			refused.Add(1)
			return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "busy")
		})
	}
	a, b := openDoor(t), openDoor(t)
	serve(t, a.side(), e, busy)
	serve(t, b.side(), e)
	startClient(t, program, "nack", a.Addr().String(), b.Addr().String()).wantOK()
	if n, err := e.count(); n != 200 || err != nil || refused.Load() == 0 {
		t.Errorf("%d calls ran, %d were refused: %v", n, refused.Load(), err)
	}
}

// testDrain: behind each of two addresses a server takes over from another, in
// turns, and no call of a client that goes on calling is lost or runs twice. With
// one address alone Finagle's client fails calls by itself: it starts none on a
// session that drains, and opens no other beside it.
func testDrain(t *testing.T, program string) {
	e := &echoes{ran: map[string]int{}}
	var doors [2]*door
	var shutdowns [2]func()
	for i := range doors {
		doors[i] = openDoor(t)
		shutdowns[i] = serve(t, doors[i].side(), e)
	}
	c := startClient(t, program, "load", doors[0].Addr().String(), doors[1].Addr().String())
	if line := c.line(); line != "loading" {
		t.Fatalf("the client said %q", line)
	}
	for i := range 8 {
		e.await(c, 1000)
		next := serve(t, doors[i%2].side(), e)
		shutdowns[i%2]()
		shutdowns[i%2] = next
	}
	e.await(c, 1000)
	c.stdin.Close()
	c.wantOK()
	n, err := e.count()
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d calls ran", n)
}

// await waits until n more of the client's texts were echoed.
func (e *echoes) await(c *finagleClient, n int) {
	c.t.Helper()
	before, _ := e.count()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if now, _ := e.count(); now >= before+n {
				return
			}
		case <-deadline:
			c.stdin.Close()
			c.wantOK()
			c.t.Fatalf("no %d calls came in 30 s", n)
		}
	}
}
