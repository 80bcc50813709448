package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/internal/suite"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// callers and calls are how many goroutines share a client, and how many calls they
// make in all, in each dialect.
const (
	callers = 256
	calls   = 25_000
)

// dialect is a way to speak to a server, by the names that it has for it.
type dialect struct {
	transport, protocol string
	framing             wire.Dialect
	encoding            wire.Protocol
}

var dialects = []dialect{
	{"framed", "binary", wire.Framed, wire.Binary},
	{"framed", "compact", wire.Framed, wire.Compact},
	{"unframed", "binary", wire.Buffered, wire.Binary},
	{"unframed", "compact", wire.Buffered, wire.Compact},
	{"header", "binary", wire.THeader, wire.Binary},
	{"header", "compact", wire.THeader, wire.Compact},
}

func TestServers(t *testing.T) {
	report := filepath.Join(suite.BuildDir(t), "report", "servers.tsv")
	if err := os.MkdirAll(filepath.Dir(report), 0o755); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			program, err := s.build(t)
			if absent := (*suite.AbsentError)(nil); errors.As(err, &absent) {
				fmt.Fprintf(&lines, "%s server\tNOT RUN\t%s\n", s.name, absent.Why)
				if os.Getenv("CI") == "true" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, d := range dialects {
				if d.framing == wire.THeader && !s.header {
					continue
				}
				n++
				t.Run(d.transport+"/"+d.protocol, func(t *testing.T) {
					try(t, s, d, start(t, program, "-transport", d.transport, "-protocol", d.protocol))
				})
			}
			fmt.Fprintf(&lines, "%s server\tRAN\t%s: %d dialects, %d calls of oneport's client in each\n", s.name, s.runtime, n, calls)
		})
	}
	if err := os.WriteFile(report, []byte(lines.String()), 0o644); err != nil {
		t.Error(err)
	}
}

// try makes calls of every kind and then a crowd's.
func try(t *testing.T, s *server, d dialect, addr string) {
	limits := new(client.Limits)
	c := &client.Client{Target: addr, Dialect: d.framing, Protocol: d.encoding, Limits: limits}
	kinds(t, s, c)
	crowd(t, c, callers, calls)

	// A server that is asked whether it negotiates ThriftMux goes on serving.
	asks := &client.Client{Target: addr, Dialect: d.framing, Protocol: d.encoding, Negotiate: true, Limits: limits}
	if got, err := foo.NewFooApiClient(asks.Service("FooApi")).Add(t.Context(), 2, 3); got != 5 || err != nil {
		t.Errorf("add of a client that asked: %d, %v", got, err)
	}
	closeClient(t, asks)

	// The other modes, whose connections are several.
	for _, mode := range []client.Mode{client.Exclusive, client.Adaptive} {
		c := &client.Client{Target: addr, Dialect: d.framing, Protocol: d.encoding, Mode: mode, Limits: limits,
			SlowCall: time.Nanosecond} // any call that runs is one to avoid
		crowd(t, c, 32, calls/20)
		slowCallDelaysNobody(t, c, limits)
		closeClient(t, c)
	}
	closeClient(t, c)
	if u := limits.Use(); u != (client.Use{}) {
		t.Errorf("in the end %+v is in use", u)
	}
}

func closeClient(t *testing.T, c *client.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
}

// kinds makes a call of each kind.
func kinds(t *testing.T, s *server, c *client.Client) {
	ctx := t.Context()
	api := foo.NewFooApiClient(c.Service("FooApi"))
	if got, err := api.Add(ctx, 2, 3); got != 5 || err != nil {
		t.Errorf("add: %d, %v", got, err)
	}
	_, err := api.Fail(ctx, "no tea")
	if thrown := (*foo.ApiError)(nil); !errors.As(err, &thrown) || thrown.Reason != "no tea" {
		t.Errorf("fail: %v", err)
	}
	for range 3 {
		if err := api.Note(ctx, "noted"); err != nil {
			t.Errorf("note: %v", err)
		}
	}
	if got, err := api.Notes(ctx); got != 3 || err != nil {
		t.Errorf("notes: %d, %v", got, err)
	}
	if got, err := foo.NewFooApiClient(c.Service("")).Echo(ctx, "bare"); got != "bare" || err != nil {
		t.Errorf("echo by its bare name: %q, %v", got, err)
	}
	_, err = c.Service("FooApi").Call(ctx, "vanish", foo.NewFooApiEchoArgs(), foo.NewFooApiEchoResult())
	if e := thrift.TApplicationException(nil); !errors.As(err, &e) || e.TypeId() != thrift.UNKNOWN_METHOD {
		t.Errorf("unknown method: %v", err)
	}
	_, err = foo.NewFooApiClient(c.Service("NoApi")).Echo(ctx, "hello")
	var lost *client.Error
	if e := thrift.TApplicationException(nil); errors.As(err, &e) && e.TypeId() != s.unknown {
		t.Errorf("unknown service: %v, want an exception of type %d", err, s.unknown)
	} else if errors.As(err, &lost) && (s.unknown >= 0 || lost.Code != mux.InternalError) || err == nil {
		t.Errorf("unknown service: %v", err)
	}
	// The server closes the connection after its exception, or instead of one. A
	// call that it crosses is lost, and may have been run as far as anybody knows.
	got, err := api.Echo(ctx, "after that")
	if errors.As(err, &lost) && s.unknown >= 0 {
		got, err = api.Echo(ctx, "after that")
	}
	if got != "after that" || err != nil {
		t.Errorf("the next call: %q, %v", got, err)
	}
}

// crowd makes calls from many goroutines, and checks that each gets the replies to
// its own.
func crowd(t *testing.T, c *client.Client, callers, calls int) {
	t.Helper()
	var wg sync.WaitGroup
	for caller := range callers {
		n := calls / callers
		if caller < calls%callers {
			n++
		}
		wg.Go(func() {
			api := foo.NewFooApiClient(c.Service("FooApi"))
			for i := range n {
				want := fmt.Sprintf("%d of %d %s", i, caller, strings.Repeat("x", (i*caller)%300))
				if got, err := api.Echo(t.Context(), want); got != want || err != nil {
					t.Errorf("echo(%q): %q, %v", want, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// slowCallDelaysNobody has a call run that would hold up all others on its
// connection, for as long as the others take.
func slowCallDelaysNobody(t *testing.T, c *client.Client, limits *client.Limits) {
	ctx, cancel := context.WithCancel(t.Context())
	slow := make(chan error, 1)
	go func() {
		_, err := foo.NewFooApiClient(c.Service("FooApi")).Slow(ctx, 5_000)
		slow <- err
	}()
	// Until the call is on its connection another may join it there.
	for limits.Use().Calls == 0 {
		runtime.Gosched()
	}
	<-time.After(50 * time.Millisecond)
	crowd(t, c, 4, 200)
	cancel()
	if err := <-slow; !errors.Is(err, context.Canceled) {
		t.Errorf("the slow call: %v, want it to have outlasted the others", err)
	}
}
