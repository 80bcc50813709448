package load_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/internal/load"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// What the server may hold at the end, when nobody is connected.
const (
	mostHeap       = 32 << 20
	mostGoroutines = 4 // more than before
)

func TestMain(m *testing.M) {
	conn.Count()
	os.Exit(m.Run())
}

// TestSoak has generators of all kinds come and go, several at a time, for as long
// as SOAK says: a moment if it says nothing. Every reply must be right, also while
// others leave in the middle of their calls. In the end nothing may be left.
func TestSoak(t *testing.T) {
	length := 300 * time.Millisecond
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	defer func(d time.Duration) { thrift.ServerConnectivityCheckInterval = d }(thrift.ServerConnectivityCheckInterval)
	thrift.ServerConnectivityCheckInterval = 0
	buffers, goroutines := conn.Outstanding(), runtime.NumGoroutine()

	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&echo{}))
	srv := &server.Server{Handler: m, ErrorLog: slog.New(slog.DiscardHandler)} // of clients that leave
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	end := time.Now().Add(length)
	done := make(chan error)
	const generators = 4
	for i := range generators {
		go func() { done <- soak(t.Context(), l.Addr().String(), rand.New(rand.NewPCG(seed, uint64(i))), end) }()
	}
	for range generators {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, server.ErrServerClosed) {
		t.Error(err)
	}
	leftOver(t, buffers, goroutines)
}

// soak makes runs with random loads until end.
func soak(ctx context.Context, addr string, r *rand.Rand, end time.Time) error {
	for time.Now().Before(end) {
		e := load.Echo{
			Service:  "FooApi",
			Size:     1 << r.IntN(17),
			Protocol: []wire.Protocol{wire.Binary, wire.Compact, wire.JSON}[r.IntN(3)],
			Framing:  load.Framing(r.IntN(int(load.HTTP) + 1)),
		}
		if e.Protocol == wire.JSON && e.Framing == load.THeader {
			e.Framing = load.Framed
		}
		g, err := load.Dial(ctx, load.Config{Addr: addr, Conns: 1 + r.IntN(16), InFlight: 1 << r.IntN(7), Dialect: e})
		if err != nil {
			return err
		}
		err = once(ctx, g, r)
		g.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// errWrong is a run with replies that are not right.
var errWrong = errors.New("wrong replies or exceptions")

// once makes one run, of which one in four is broken off.
func once(ctx context.Context, g *load.Generator, r *rand.Rand) error {
	leaves := r.IntN(4) == 0
	if leaves {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(10))*time.Millisecond)
		defer cancel()
	}
	res, err := g.Run(ctx, load.Bound{Calls: 2000, Duration: 50 * time.Millisecond})
	switch {
	case leaves && ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case res.Right != res.Calls:
		return errWrong
	}
	return nil
}

// leftOver fails the test if something of the server is left.
func leftOver(t *testing.T, buffers int64, goroutines int) {
	t.Helper()
	// Goroutines that were told to end may take a moment, and hold a buffer until then.
	patience := time.Now().Add(10 * time.Second)
	for conn.Outstanding() != buffers || runtime.NumGoroutine() > goroutines+mostGoroutines {
		if time.Now().After(patience) {
			t.Errorf("%d buffers taken and not given back; %d goroutines, %d before",
				conn.Outstanding()-buffers, runtime.NumGoroutine(), goroutines)
			break
		}
		runtime.Gosched()
	}
	// What pools hold goes at the second collection.
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > mostHeap {
		t.Errorf("a heap of %d bytes, the limit is %d", m.HeapAlloc, mostHeap)
	}
}

// echo is FooApi, of which only one method is called. Some calls take longer than
// others.
type echo struct{ foo.FooApi }

func (*echo) Echo(ctx context.Context, msg string) (string, error) {
	if rand.IntN(100) == 0 {
		time.Sleep(time.Millisecond)
	}
	return msg, nil
}
