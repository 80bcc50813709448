// Command oneport calls FooApi with oneport's client: all callers on one
// connection.
package main

import (
	"context"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/tests/bench/caller"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

func main() { caller.Client(open) }

func open(o caller.Options) ([]caller.Call, error) {
	c, err := client.Dial(o.Addr)
	if err != nil {
		return nil, err
	}
	calls := make([]caller.Call, o.Callers)
	for i := range calls {
		fooClient := foo.NewFooApiClient(c.Service("FooApi"))
		calls[i] = func() error { return caller.Check(fooClient.Echo(context.Background(), caller.Text)) }
	}
	return calls, nil
}
