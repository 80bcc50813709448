// Command foobar serves two Thrift services, FooApi and BarApi, on one port, and
// calls both of them over one connection.
//
//	go run ./examples/foobar
//
// It serves until it is interrupted, and then finishes the calls that run.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// shutdownTimeout bounds how long the last calls may take.
const shutdownTimeout = 10 * time.Second

func main() {
	// Generated code starts a goroutine and a ticker for every call, to ask each
	// 5 ms whether the client is still there. The server knows that without being
	// asked and ends the call's context, so the check only costs time.
	thrift.ServerConnectivityCheckInterval = 0

	addr := flag.String("addr", "127.0.0.1:9090", "`address` to serve on; port 0 takes a free one")
	once := flag.Bool("once", false, "end after the client's calls")
	quiet := flag.Bool("quiet", false, "only serve, without the client's calls")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *once, *quiet); err != nil {
		fmt.Fprintln(os.Stderr, "foobar:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends or, if once is set, until the client's calls are
// done.
func run(ctx context.Context, out io.Writer, addr string, once, quiet bool) error {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	m.Alias("", "FooApi") // calls that name no service go to FooApi
	srv := &server.Server{Handler: m}

	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "serving FooApi and BarApi on", listener.Addr())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }() // ends with Shutdown or Close

	if !quiet {
		if err := callBoth(ctx, out, listener.Addr().String()); err != nil {
			srv.Close()
			return err
		}
	}
	if !once {
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return srv.Shutdown(ctx)
}
