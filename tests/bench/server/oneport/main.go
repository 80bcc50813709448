// Command oneport serves FooApi with oneport, within the default bounds, in one of
// several variants.
package main

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/tests/bench/child"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// services is the size of a large table of services.
const services = 1000

func main() {
	thrift.ServerConnectivityCheckInterval = 0
	child.Server(serve)
}

func serve(l net.Listener, o child.Options) error {
	m := mux.New()
	srv := &server.Server{Handler: m}
	switch o.Variant {
	case "raw":
		m.Handle("FooApi", rawEcho(o.Block))
		return srv.Serve(l)
	case "raw-quick":
		m.Handle("FooApi", mux.Quick(rawEcho(o.Block)))
		return srv.Serve(l)
	case "forward":
		// The second server stands in this process, so that both are measured.
		upstream, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		back := mux.New()
		back.Handle("FooApi", rawEcho(o.Block))
		go func() { child.Fatal((&server.Server{Handler: back}).Serve(upstream)) }()
		c, err := client.Dial(upstream.Addr().String())
		if err != nil {
			return err
		}
		m.Handle("FooApi", c.Handler("FooApi"))
		return srv.Serve(l)
	case "quick":
		m.Handle("FooApi", mux.Quick(mux.Processor(foo.NewFooApiProcessor(&echo{block: o.Block}))))
		return srv.Serve(l)
	case "stub":
	case "services":
		for i := range services - 1 {
			m.Register(fmt.Sprintf("Service%d", i), foo.NewFooApiProcessor(&echo{}))
		}
	case "filters":
		srv.Filters = filters()
	case "tls":
		var err error
		if srv.TLSConfig, err = tlsConfig(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no variant %q", o.Variant)
	}
	service := &echo{block: o.Block, slow: int64(o.Slow)}
	m.Register("FooApi", foo.NewFooApiProcessor(service))
	return srv.Serve(l)
}

// echo is FooApi, of which only one method is called.
type echo struct {
	foo.FooApi
	block time.Duration
	slow  int64
	calls atomic.Int64 // counted only if some are to be slow
}

func (e *echo) Echo(ctx context.Context, msg string) (string, error) {
	if e.block > 0 {
		time.Sleep(e.block)
	}
	if e.slow > 0 && e.calls.Add(1)%e.slow == 0 {
		time.Sleep(child.SlowCall)
	}
	return msg, nil
}

// rawEcho answers with the argument struct as the result struct: in binary the two
// differ in the id of the field, 1 and 0.
func rawEcho(block time.Duration) mux.HandlerFunc {
	const idAt = 2 // behind the field's type and the id's high byte
	return func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if block > 0 {
			time.Sleep(block)
		}
		body := append(req.Scratch, req.Body...)
		if len(body) <= idAt {
			return mux.Reply{}, mux.Errorf(mux.ProtocolError, "no argument")
		}
		body[idAt] = 0
		return mux.Reply{Type: wire.Reply, Body: body}, nil
	}
}
