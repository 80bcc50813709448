// Command apache serves FooApi with Apache's own runtime: TSimpleServer and
// TMultiplexedProcessor, framed binary.
//
// The variant "documented" is what its tutorial and documentation lead to. The
// variant "best" has a buffer under the frames, so that a reply is one write, and
// the connectivity check of each call switched off.
package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/tests/bench/child"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

const bufferSize = 32 << 10 // for any reply of the benchmark

func main() { child.Server(serve) }

func serve(l net.Listener, o child.Options) error {
	under := thrift.NewTTransportFactory()
	switch o.Variant {
	case "documented":
	case "best":
		thrift.ServerConnectivityCheckInterval = 0
		under = thrift.NewTBufferedTransportFactory(bufferSize)
	default:
		return fmt.Errorf("no variant %q", o.Variant)
	}
	m := thrift.NewTMultiplexedProcessor()
	m.RegisterProcessor("FooApi", foo.NewFooApiProcessor(&echo{block: o.Block}))
	listen := func(net.Addr) (net.Listener, error) { return l, nil }
	socket := thrift.NewTServerSocketFromFactoryTimeout(listen, l.Addr(), 0)
	return thrift.NewTSimpleServer4(m, socket,
		thrift.NewTFramedTransportFactoryConf(under, nil),
		thrift.NewTBinaryProtocolFactoryConf(nil)).Serve()
}

// echo is FooApi, of which only one method is called.
type echo struct {
	foo.FooApi
	block time.Duration
}

func (e *echo) Echo(ctx context.Context, msg string) (string, error) {
	if e.block > 0 {
		time.Sleep(e.block)
	}
	return msg, nil
}
