// Command hello serves two Thrift services on one port and calls both.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

type fooService struct{ foo.FooApi } // methods not written here panic, which fails that call alone
type barService struct{ bar.BarApi }

func (fooService) Echo(_ context.Context, msg string) (string, error) { return msg, nil }
func (barService) Echo(_ context.Context, msg string) (string, error) { return "bar: " + msg, nil }

func main() {
	thrift.ServerConnectivityCheckInterval = 0 // the server notices departed clients by itself

	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(fooService{}))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	m.Alias("", "FooApi") // for clients that know nothing of multiplexing
	srv := &server.Server{Handler: m}
	go func() { log.Fatal(srv.ListenAndServe("127.0.0.1:9091")) }()

	c, err := client.Dial("127.0.0.1:9091")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	fmt.Println(foo.NewFooApiClient(c.Service("FooApi")).Echo(ctx, "hello")) // hello <nil>
	fmt.Println(bar.NewBarApiClient(c.Service("BarApi")).Echo(ctx, "hello")) // bar: hello <nil>
}
