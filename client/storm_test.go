package client_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/server/servertest"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// latency is what the calls of the storm take at most.
const latency = 10 * time.Millisecond

// echoLater answers echo after a random while.
func echoLater(_ context.Context, req *mux.Request) (mux.Reply, error) {
	time.Sleep(rand.N(latency))
	result := append(req.Scratch, req.Body...)
	result[2] = 0 // field 1 of the arguments is field 0 of the result
	return mux.ResultReply(req.Protocol, result), nil
}

// Half of the calls are given up at random moments: each wait ends right then, no
// caller gets another's reply, and the connection lives on.
func TestCancelStorm(t *testing.T) {
	for _, dialect := range []wire.Dialect{wire.Framed, wire.THeader, wire.ThriftMux} {
		t.Run(dialect.String(), func(t *testing.T) {
			noneLeft(t)
			synctest.Test(t, func(t *testing.T) { cancelStorm(t, dialect, 200, 170) })
		})
	}
}

func cancelStorm(t *testing.T, dialect wire.Dialect, callers, calls int) {
	srv := servertest.New(mux.HandlerFunc(echoLater))
	var conns, canceled atomic.Int32
	c := &client.Client{Target: "memory:1", Dialect: dialect, Observer: mux.Observer{Opened: func(*mux.Peer) { conns.Add(1) }},
		DialContext: func(context.Context, string, string) (net.Conn, error) { return srv.Dial() }}
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			fooClient := foo.NewFooApiClient(c.Service("FooApi"))
			for i := range calls {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				limit := time.Hour
				if i%2 == 0 {
					limit = rand.N(latency)
					ctx, cancel = context.WithTimeout(ctx, limit)
				}
				start, want := time.Now(), fmt.Sprint(caller, "-", i)
				got, err := fooClient.Echo(ctx, want)
				took := time.Since(start)
				cancel()
				switch {
				case err == nil && got != want:
					t.Errorf("asked for %q and got %q", want, got)
				case err != nil && limit < latency && errors.Is(err, context.DeadlineExceeded):
					canceled.Add(1)
				case err != nil:
					t.Error(err)
				}
				if took > limit {
					t.Errorf("a wait of %v ended after %v", limit, took)
				}
			}
		})
	}
	wg.Wait()
	if n := conns.Load(); n != 1 {
		t.Errorf("there were %d connections, want the one to live", n)
	}
	if n := int(canceled.Load()); n < callers*calls/10 {
		t.Errorf("only %d of %d calls were canceled", n, callers*calls)
	}
	c.Close(t.Context())
	srv.Close()
}

// TestSoakRestarts has a server come and go under load, 20 times with 500 calls at
// least, or each second for as long as the environment's SOAK says: the calls that
// are safe succeed, and nothing piles up.
func TestSoakRestarts(t *testing.T) {
	answered := make(chan bool, 1) // some calls were
	serve := func() { <-answered; <-answered }
	over := func(round int) bool { return round == 20 }
	if s := os.Getenv("SOAK"); s != "" {
		span, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(span)
		serve = func() { time.Sleep(time.Second) }
		over = func(int) bool { return time.Now().After(end) }
	}
	noneLeft(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	c := &client.Client{Target: addr, Idempotent: func(string, string) bool { return true }, RetryShare: 1, MaxAttempts: 10,
		MaxBackoff: 50 * time.Millisecond}
	var calls atomic.Int64
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for caller := range 32 {
		wg.Go(func() {
			fooClient := foo.NewFooApiClient(c.Service("FooApi"))
			for i := 0; ctx.Err() == nil; i++ {
				want := fmt.Sprint(caller, "-", i)
				if got, err := fooClient.Echo(context.Background(), want); got != want || err != nil {
					t.Errorf("echo(%q): %q, %v", want, got, err)
					return
				}
				if calls.Add(1)%500 == 0 {
					select {
					case answered <- true:
					default:
					}
				}
			}
		})
	}
	var first, last uint64
	for round := 0; !over(round); round++ {
		if l == nil {
			if l, err = net.Listen("tcp", addr); err != nil {
				t.Fatal(err)
			}
		}
		serveUntil(t, l, serve, round%2 == 0)
		l = nil
		if last = heap(); round == 2 {
			first = last
		}
	}
	l, err = net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	srv := &server.Server{Handler: newMux()}
	go srv.Serve(l) // for the calls that wait; until Close
	wg.Wait()
	if last > first+4<<20 {
		t.Errorf("the heap has grown from %d to %d KiB in %d calls", first>>10, last>>10, calls.Load())
	}
	t.Logf("%d calls, heap from %d to %d KiB", calls.Load(), first>>10, last>>10)
	c.Close(context.Background())
	srv.Close()
}

// serveUntil serves until wait returns and then ends, kindly or not.
func serveUntil(t *testing.T, l net.Listener, wait func(), kindly bool) {
	srv := &server.Server{Handler: newMux(), ErrorLog: slog.New(slog.DiscardHandler)}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	wait()
	if kindly {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	srv.Close()
	<-served
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
