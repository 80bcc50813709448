// Command go is the client on Apache's runtime for Go; see the package peers.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// A client has the stubs of one connection.
type client struct {
	transport thrift.TTransport
	protocol  thrift.TProtocol
	// encoding is the protocol's name.
	encoding string

	foo *foo.FooApiClient
	bar *bar.BarApiClient
	// bare names no service, absent one that is not there, and wrong has
	// BarApi's methods under FooApi's name.
	bare, absent     *foo.FooApiClient
	wrong, wrongBare *bar.BarApiClient
}

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: client HOST PORT TRANSPORT PROTOCOL CASE...")
		os.Exit(2)
	}
	c, err := dial(net.JoinHostPort(os.Args[1], os.Args[2]), os.Args[3], os.Args[4])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer c.transport.Close()
	ctx := context.Background()
	for _, name := range os.Args[5:] {
		if err := c.run(ctx, name); err != nil {
			fmt.Printf("FAIL %s %q\n", name, err.Error())
		} else {
			fmt.Println("ok", name)
		}
	}
}

func (c *client) run(ctx context.Context, name string) error {
	run, found := cases[name]
	if !found {
		return errors.New("no such case here")
	}
	return run(c, ctx)
}

func dial(addr, transport, protocol string) (*client, error) {
	t, p, err := stack(addr, transport, protocol)
	if err != nil {
		return nil, err
	}
	if err := t.Open(); err != nil {
		return nil, err
	}
	named := func(service string) thrift.TClient {
		named := thrift.NewTMultiplexedProtocol(p, service)
		return thrift.NewTStandardClient(p, named)
	}
	bare := thrift.NewTStandardClient(p, p)
	return &client{
		transport: t, protocol: p, encoding: protocol,
		foo:       foo.NewFooApiClient(named("FooApi")),
		bar:       bar.NewBarApiClient(named("BarApi")),
		bare:      foo.NewFooApiClient(bare),
		absent:    foo.NewFooApiClient(named("NoApi")),
		wrong:     bar.NewBarApiClient(named("FooApi")),
		wrongBare: bar.NewBarApiClient(bare),
	}, nil
}
