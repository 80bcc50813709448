// Command client calls FooApi with Kitex's client: all callers on one connection,
// over its multiplexed transport.
package main

import (
	"context"

	kitexclient "github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/klog"

	"kitexserver/kitex_gen/foo/fooapi"

	"github.com/oneport-thrift/oneport/tests/bench/caller"
)

func main() { caller.Client(open) }

func open(o caller.Options) ([]caller.Call, error) {
	klog.SetLevel(klog.LevelError)
	c, err := fooapi.NewClient("FooApi", kitexclient.WithHostPorts(o.Addr), kitexclient.WithMuxConnection(1))
	if err != nil {
		return nil, err
	}
	calls := make([]caller.Call, o.Callers)
	for i := range calls {
		calls[i] = func() error { return caller.Check(c.Echo(context.Background(), caller.Text)) }
	}
	return calls, nil
}
