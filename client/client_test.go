package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// noneLeft fails the test if anything of a client runs or is held after it.
func noneLeft(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		deadline := time.Now().Add(10 * time.Second)
		for running := clientGoroutines(); ; running = clientGoroutines() {
			if running == 0 && conn.Outstanding() == 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("%d goroutines of the client run, and %d buffers are held", running, conn.Outstanding())
				return
			}
			runtime.Gosched()
		}
	})
}

// clientGoroutines counts the goroutines with a function of the package on their
// stack.
func clientGoroutines() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	n := 0
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "oneport/client.") {
			n++
		}
	}
	return n
}

var modes = map[string]client.Mode{"pipelined": client.Pipelined, "exclusive": client.Exclusive, "adaptive": client.Adaptive}

func TestEveryWayToCall(t *testing.T) {
	for _, network := range networks {
		for _, dialect := range []wire.Dialect{wire.Framed, wire.Buffered, wire.THeader, wire.ThriftMux} {
			for _, protocol := range []wire.Protocol{wire.Binary, wire.Compact} {
				for name, mode := range modes {
					t.Run(fmt.Sprintf("%s/%v/%v/%s", network, dialect, protocol, name), func(t *testing.T) {
						noneLeft(t)
						c := serveOn(t, network, newMux(), &client.Client{Dialect: dialect, Protocol: protocol, Mode: mode})
						callEverything(t, c)
						manyCallers(t, c, 16, 20)
					})
				}
			}
		}
	}
}

// callEverything makes calls of each kind, one after the other.
func callEverything(t *testing.T, c *client.Client) {
	t.Helper()
	ctx := t.Context()
	fooClient := foo.NewFooApiClient(c.Service("FooApi"))
	barClient := bar.NewBarApiClient(c.Service("BarApi"))
	bare := foo.NewFooApiClient(c.Service(""))
	if got, err := fooClient.Add(ctx, 2, 3); got != 5 || err != nil {
		t.Errorf("add: %d, %v", got, err)
	}
	if got, err := barClient.Echo(ctx, "hello"); got != "bar: hello" || err != nil {
		t.Errorf("echo of the other service: %q, %v", got, err)
	}
	if got, err := bare.Echo(ctx, "hello"); got != "hello" || err != nil {
		t.Errorf("echo of the default service: %q, %v", got, err)
	}
	_, err := fooClient.Fail(ctx, "no tea")
	if thrown := (*foo.ApiError)(nil); !errors.As(err, &thrown) || thrown.Reason != "no tea" {
		t.Errorf("fail: %v, want a declared exception", err)
	}
	if err := fooClient.Note(ctx, "noted"); err != nil {
		t.Errorf("note: %v", err)
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if got, err := barClient.Blob(ctx, big); !bytes.Equal(got, big) || err != nil {
		t.Errorf("blob: %d bytes, %v", len(got), err)
	}
	_, err = foo.NewFooApiClient(c.Service("NoApi")).Echo(ctx, "hello")
	if e := thrift.TApplicationException(nil); !errors.As(err, &e) || e.TypeId() != thrift.UNKNOWN_METHOD {
		t.Errorf("unknown service: %v, want an exception of type %d", err, thrift.UNKNOWN_METHOD)
	}
}

// manyCallers makes calls from many goroutines, and checks that each gets the
// replies to its own.
func manyCallers(t *testing.T, c *client.Client, callers, calls int) {
	t.Helper()
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			fooClient := foo.NewFooApiClient(c.Service("FooApi"))
			for i := range calls {
				want := fmt.Sprintf("%d of %d %s", i, caller, strings.Repeat("x", rand.IntN(500)))
				if got, err := fooClient.Echo(t.Context(), want); got != want || err != nil {
					t.Errorf("echo(%q): %q, %v", want, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestContextEndsTheWait(t *testing.T) {
	for _, network := range networks {
		for name, mode := range modes {
			t.Run(network+"/"+name, func(t *testing.T) {
				noneLeft(t)
				started := make(chan struct{})
				m := newMux()
				h := mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
					if req.Method == "slow" {
						started <- struct{}{}
					}
					return m.ServeThrift(ctx, req)
				})
				c := serveOn(t, network, h, &client.Client{Mode: mode, Dialect: wire.THeader})
				fooClient := foo.NewFooApiClient(c.Service("FooApi"))
				why := errors.New("lost interest")
				for _, before := range []int{0, 40} { // the goroutine reads, or the callers do
					for range before {
						fooClient.Echo(t.Context(), "warm up")
					}
					ctx, cancel := context.WithCancelCause(t.Context())
					go func() {
						<-started
						cancel(why)
					}()
					_, err := fooClient.Slow(ctx, 60_000)
					var e *client.Error
					if !errors.As(err, &e) || e.Code != mux.Canceled || !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
						t.Fatalf("slow, canceled: %v", err)
					}
					if got, err := fooClient.Echo(t.Context(), "next"); got != "next" || err != nil {
						t.Fatalf("the next call: %q, %v", got, err)
					}
				}
				// Whoever does not wait for the calls cuts them off.
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				c.Close(ctx)
			})
		}
	}
}

func TestHeaders(t *testing.T) {
	h := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		rep := mux.ResultReply(req.Protocol, append(req.Scratch, 0))
		rep.Header.Add("seen", req.Header.Get("trace"))
		return rep, nil
	})
	for _, zlib := range []bool{false, true} {
		t.Run(fmt.Sprint("zlib=", zlib), func(t *testing.T) {
			noneLeft(t)
			c := serveOn(t, "tcp", h, &client.Client{Dialect: wire.THeader, Zlib: zlib})
			ctx := thrift.SetHeader(t.Context(), "trace", "abc")
			ctx = thrift.SetWriteHeaderList(ctx, []string{"trace"})
			fooClient := foo.NewFooApiClient(c.Service("FooApi"))
			fooClient.Echo(ctx, strings.Repeat("x", 10_000))
			if got := fooClient.LastResponseMeta_().Headers["seen"]; got != "abc" {
				t.Errorf("the reply has the header %q, want %q", got, "abc")
			}
		})
	}
}
