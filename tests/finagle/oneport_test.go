package finagle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// dialed is oneport's client, and what it opened.
type dialed struct {
	*client.Client
	conns    atomic.Int32
	dialects sync.Map
}

// dial returns a client that is closed when the test ends.
func dial(t *testing.T, c *client.Client) *dialed {
	t.Helper()
	d := &dialed{Client: c}
	c.Observer.Opened = func(p *mux.Peer) {
		d.conns.Add(1)
		d.dialects.Store(p.Dialect, true)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("closing the client: %v", err)
		}
	})
	return d
}

func (d *dialed) echo(ctx context.Context, text string) (string, error) {
	return foo.NewFooApiClient(d.Service("FooApi")).Echo(ctx, text)
}

// TestFinaglesServer runs oneport's client against Finagle's servers.
func TestFinaglesServer(t *testing.T) {
	s := startServer(t, "thriftmux")
	for name, run := range map[string]func(*testing.T, *finagleServer, *dialed){
		"calls": testCalls, "cancel": testCancel, "contexts": testContexts, "fragments": testFragments,
		"ping": testPing, "retries": testRetries,
	} {
		t.Run(name, func(t *testing.T) {
			d := dial(t, &client.Client{Target: "thriftmux://" + s.addr, ClientID: "oneport.test", PingInterval: 2 * time.Second})
			run(t, s, d)
			if n := d.conns.Load(); n != 1 {
				t.Errorf("%d sessions, want one", n)
			}
		})
	}
	t.Run("found out", func(t *testing.T) {
		testFoundOut(t, s, "thriftmux binary")
		testFoundOut(t, startServer(t, "plain"), "framed binary")
	})
	t.Run("drain", func(t *testing.T) { testServersDrain(t, s, startServer(t, "thriftmux")) })
}

// testCalls: a thousand calls at once on one session.
func testCalls(t *testing.T, _ *finagleServer, d *dialed) {
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			if i%2 == 0 {
				if got, err := foo.NewFooApiClient(d.Service("FooApi")).Slow(t.Context(), 500); err != nil || got != "slept 500" {
					t.Errorf("slow: %q, %v", got, err)
				}
				return
			}
			if got, err := d.echo(t.Context(), fmt.Sprint("call ", i)); err != nil || got != fmt.Sprint("call ", i) {
				t.Errorf("echo: %q, %v", got, err)
			}
		})
	}
	wg.Wait()
}

// testCancel: the server stops what it runs, and the session lives on.
func testCancel(t *testing.T, s *finagleServer, d *dialed) {
	if _, err := d.echo(t.Context(), "begin"); err != nil {
		t.Fatal(err)
	}
	before := s.count("before")
	for i := range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := foo.NewFooApiClient(d.Service("FooApi")).Slow(ctx, 60_000)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("slow: %v", err)
		}
		if got, err := d.echo(t.Context(), fmt.Sprint(i)); err != nil || got != fmt.Sprint(i) {
			t.Errorf("echo: %q, %v", got, err)
		}
	}
	after := s.count("after")
	for start := time.Now(); after-before < 20 && time.Since(start) < 10*time.Second; after = s.count("after") {
		<-time.After(10 * time.Millisecond)
	}
	if after-before != 20 {
		t.Errorf("%d calls were taken back, want 20", after-before)
	}
}

// testContexts: the server knows the deadline, who calls, and the trace of the
// call on whose behalf this one is made.
func testContexts(t *testing.T, _ *finagleServer, d *dialed) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	left, err := d.echo(ctx, "deadline")
	if ms, _ := strconv.Atoi(left); err != nil || ms < 5000 || ms > 10_000 {
		t.Errorf("the server has %q ms left, %v", left, err)
	}
	if left, err := d.echo(t.Context(), "deadline"); err != nil || left != "none" {
		t.Errorf("the server has %q ms left, %v", left, err)
	}
	if id, err := d.echo(ctx, "client"); err != nil || id != "oneport.test" {
		t.Errorf("the server was called by %q, %v", id, err)
	}
	one, _ := d.echo(ctx, "trace")
	other, _ := d.echo(ctx, "trace")
	if one == other || len(one) != 16 {
		t.Errorf("the traces are %q and %q", one, other)
	}
	ctx = mux.WithContexts(ctx, mux.Header{{Key: "com.twitter.finagle.tracing.TraceContext",
		Value: "\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00"}})
	if id, err := d.echo(ctx, "trace"); err != nil || id != "0000000000000007" {
		t.Errorf("the trace is %q, %v", id, err)
	}
}

// testFragments: calls and replies of 1 MiB in pieces, with short ones between.
func testFragments(t *testing.T, _ *finagleServer, d *dialed) {
	var wg sync.WaitGroup
	for i := range 20 {
		blob := make([]byte, 1<<20+i)
		for j := range blob {
			blob[j] = byte(rand.Uint32())
		}
		wg.Go(func() {
			got, err := bar.NewBarApiClient(d.Service("BarApi")).Blob(t.Context(), blob)
			if err != nil || !bytes.Equal(got, blob) {
				t.Errorf("blob: %d bytes, %v", len(got), err)
			}
		})
		if got, err := d.echo(t.Context(), "short"); err != nil || got != "short" {
			t.Errorf("echo: %q, %v", got, err)
		}
	}
	wg.Wait()
}

// testPing: the server answers pings while it owes a reply, of which three are due.
func testPing(t *testing.T, _ *finagleServer, d *dialed) {
	if got, err := foo.NewFooApiClient(d.Service("FooApi")).Slow(t.Context(), 7000); err != nil || got != "slept 7000" {
		t.Errorf("slow: %q, %v", got, err)
	}
}

// testRetries: what the server refuses is sent again, unless it says not to.
func testRetries(t *testing.T, _ *finagleServer, d *dialed) {
	for i := range 3 {
		if got, err := d.echo(t.Context(), fmt.Sprint("twice ", i)); err != nil || got != fmt.Sprint("twice ", i) {
			t.Errorf("echo: %q, %v", got, err)
		}
	}
	_, err := d.echo(t.Context(), "never")
	if e := thrift.TApplicationException(nil); !errors.As(err, &e) || client.IsRetriable(err) {
		t.Errorf("never: %v", err)
	}
}

// testFoundOut: a client that asks finds out what a server speaks.
func testFoundOut(t *testing.T, s *finagleServer, want string) {
	d := dial(t, &client.Client{Target: s.addr, Negotiate: true})
	for range 3 {
		if got, err := d.echo(t.Context(), "hi"); err != nil || got != "hi" {
			t.Errorf("echo: %q, %v", got, err)
		}
	}
	if _, ok := d.dialects.Load(want); !ok || d.conns.Load() != 1 {
		t.Errorf("the client does not speak %s, on %d connections", want, d.conns.Load())
	}
}

// testServersDrain: two servers take turns in closing and coming back, and no call
// of those that go on calling is lost.
func testServersDrain(t *testing.T, servers ...*finagleServer) {
	d := dial(t, &client.Client{Target: "thriftmux://" + servers[0].addr + "," + servers[1].addr})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var calls atomic.Int32
	for caller := range 20 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				want := fmt.Sprintf("%d.%d", caller, i)
				if got, err := d.echo(t.Context(), want); err != nil || got != want {
					t.Errorf("echo: %q, %v", got, err)
					return
				}
				calls.Add(1)
			}
		})
	}
	for i := range 6 {
		s := servers[i%2]
		from := calls.Load()
		for start := time.Now(); calls.Load() < from+500 && time.Since(start) < 20*time.Second && !t.Failed(); {
			<-time.After(10 * time.Millisecond)
		}
		if said := s.tell("close"); said != "closed" {
			t.Errorf("the server said %q", said)
		}
		if said := s.tell("open"); said != "open" {
			t.Errorf("the server said %q", said)
		}
	}
	stop()
	wg.Wait()
	t.Logf("%d calls, %d sessions", calls.Load(), d.conns.Load())
}
