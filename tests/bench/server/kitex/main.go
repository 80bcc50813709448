// Command kitexserver serves FooApi with Kitex as it comes: netpoll, framed
// binary, stubs of its own generator. With the variant "mux" it also takes the
// multiplexed connections of its own client.
package main

import (
	"context"
	"net"
	"time"

	"github.com/cloudwego/kitex/pkg/klog"
	"github.com/cloudwego/kitex/server"

	"kitexserver/kitex_gen/foo"
	"kitexserver/kitex_gen/foo/fooapi"

	"github.com/oneport-thrift/oneport/tests/bench/child"
)

func main() { child.Server(serve) }

func serve(l net.Listener, o child.Options) error {
	klog.SetLevel(klog.LevelError)
	options := []server.Option{server.WithListener(l)}
	if o.Variant == "mux" {
		options = append(options, server.WithMuxTransport())
	}
	return fooapi.NewServer(&echo{block: o.Block}, options...).Run()
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
