// Command apache calls FooApi with Apache's client, which serves one caller at a
// time: each has a connection of its own, with a buffer under the frames.
package main

import (
	"context"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/tests/bench/caller"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

const bufferSize = 8 << 10

func main() { caller.Client(open) }

func open(o caller.Options) ([]caller.Call, error) {
	calls := make([]caller.Call, o.Callers)
	for i := range calls {
		socket := thrift.NewTSocketConf(o.Addr, nil)
		transport := thrift.NewTFramedTransportConf(thrift.NewTBufferedTransport(socket, bufferSize), nil)
		if err := transport.Open(); err != nil {
			return nil, err
		}
		binary := thrift.NewTBinaryProtocolConf(transport, nil)
		multiplexed := thrift.NewTMultiplexedProtocol(binary, "FooApi")
		fooClient := foo.NewFooApiClient(thrift.NewTStandardClient(binary, multiplexed))
		calls[i] = func() error { return caller.Check(fooClient.Echo(context.Background(), caller.Text)) }
	}
	return calls, nil
}
