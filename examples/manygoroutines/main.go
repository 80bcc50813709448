// Command manygoroutines makes calls from many goroutines over one connection.
//
//	go run ./examples/manygoroutines
//
// A client.Client and what its Service method returns may be shared by all
// goroutines. The client that the Thrift compiler generates may not, whatever it
// stands on: after each call it keeps the response's headers in a field of its own,
// which two goroutines would write at once. It is two words, so that each
// goroutine makes one for itself.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

const (
	goroutines = 100
	calls      = 100 // of each goroutine
)

func main() {
	thrift.ServerConnectivityCheckInterval = 0 // the server notices departed clients by itself
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "manygoroutines:", err)
		os.Exit(1)
	}
}

// run serves, makes the calls, and prints what came of them.
func run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(fooService{}))
	var conns atomic.Int32
	srv := &server.Server{Handler: m, Observer: mux.Observer{Opened: func(*mux.Peer) { conns.Add(1) }}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go srv.Serve(l) // until Shutdown
	defer srv.Shutdown(ctx)

	// The one client of the process. Others could share its Limits.
	c := &client.Client{Target: l.Addr().String(), Limits: &client.Limits{MaxConns: 10, MaxCalls: 1000}}
	sum, err := add(ctx, c)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d goroutines made %d calls over %d connection(s): the sum is %d\n",
		goroutines, goroutines*calls, conns.Load(), sum)
	return c.Close(ctx)
}

// add has the server add up, for each goroutine, the numbers below calls. It
// returns the sum of the sums.
func add(ctx context.Context, c *client.Client) (sum int64, err error) {
	type result struct {
		sum int32
		err error
	}
	results := make(chan result, goroutines)
	for range goroutines {
		go func() { // ends within ctx
			mine := foo.NewFooApiClient(c.Service("FooApi"))
			var r result
			for n := int32(0); n < calls && r.err == nil; n++ {
				r.sum, r.err = mine.Add(ctx, r.sum, n)
			}
			results <- r
		}()
	}
	for range goroutines {
		r := <-results
		sum += int64(r.sum)
		if err == nil {
			err = r.err
		}
	}
	return sum, err
}

// fooService has of FooApi's methods only the one that is called.
type fooService struct{ foo.FooApi }

func (fooService) Add(_ context.Context, a, b int32) (int32, error) { return a + b, nil }
