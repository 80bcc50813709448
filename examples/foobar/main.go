// Command foobar serves two Thrift services, FooApi and BarApi, on one port, and
// calls both of them over one connection.
//
//	go run ./examples/foobar
//
// It serves until it is interrupted, and then finishes the calls that run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"go.uber.org/zap"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/filter/zapfilter"
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
	quiet := flag.Bool("quiet", false, "only serve, without the client's calls; they are left out if TLS is required")
	logged := flag.Bool("log", false, "log every call to the standard error")
	metrics := flag.String("metrics", "", "`address` to serve /metrics, /healthz and /readyz on, over HTTP")
	var how access
	how.flags(flag.CommandLine)
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, options{*addr, *once, *quiet, *logged, *metrics, how}); err != nil {
		fmt.Fprintln(os.Stderr, "foobar:", err)
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	addr        string
	once, quiet bool
	logged      bool
	metrics     string // address, "" for none
	access      access
}

// newLogger returns a logger that leaves nothing out, as zap's usual one does.
func newLogger() *zap.Logger {
	config := zap.NewProductionConfig()
	config.Sampling = nil
	return zap.Must(config.Build())
}

// run serves until ctx ends or, if once is set, until the client's calls are
// done.
func run(ctx context.Context, out io.Writer, opts options) error {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&fooService{}))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	m.Alias("", "FooApi") // calls that name no service go to FooApi
	srv := &server.Server{Handler: m}
	mon, err := observe(srv, opts)
	if err != nil {
		return err
	}
	defer mon.http.Close()
	stop, err := opts.access.apply(srv)
	if err != nil {
		return err
	}
	defer stop()

	if opts.addr == "" {
		return errors.New(`-addr is empty: want "host:port"`) // the system would choose a port of all interfaces
	}
	listener, err := net.Listen("tcp", opts.addr)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "serving FooApi and BarApi on", listener.Addr())
	if mon.addr != nil {
		fmt.Fprintf(out, "metrics on http://%v/metrics\n", mon.addr)
	}
	served := make(chan error, 2)
	go func() { served <- srv.Serve(listener) }() // ends with Shutdown or Close
	opts.access.serveUnix(srv, served)
	mon.ready.Store(true)

	if !opts.quiet && opts.access.plain() {
		if err := callBoth(ctx, out, listener.Addr().String()); err != nil {
			srv.Close()
			return err
		}
	}
	if !opts.once {
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
		}
	}
	mon.ready.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return srv.Shutdown(ctx)
}

// observe makes srv log and count its calls and connections, as far as opts ask
// for it. Whoever logs is outermost, and so sees what the others did to a call.
func observe(srv *server.Server, opts options) (*monitor, error) {
	var observers []mux.Observer
	if opts.logged {
		log := zapfilter.New(newLogger(), zapfilter.Options{})
		srv.Filters, observers = append(srv.Filters, log.Filter), append(observers, log.Observer())
	}
	mon := new(monitor)
	if opts.metrics != "" {
		var err error
		if mon, err = newMonitor(opts.metrics); err != nil {
			return nil, err
		}
		srv.Filters, observers = append(srv.Filters, mon.stats.Filter), append(observers, mon.stats.Observer())
	}
	srv.Observer = filter.Observers(observers...)
	return mon, nil
}
