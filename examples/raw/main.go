// Command raw serves a service that never decodes its calls, behind a filter that
// renames them, and calls it.
//
//	go run ./examples/raw
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

func main() {
	thrift.ServerConnectivityCheckInterval = 0 // or stubs start a goroutine and a ticker for every call
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// mirror answers a call of any method with its argument, as bytes. Arguments are
// a struct whose fields are numbered from 1; a result is a struct whose field 0
// is the answer. So all that changes is the number of the first field.
func mirror(_ context.Context, req *mux.Request) (mux.Reply, error) {
	if req.Protocol != wire.Binary {
		return mux.Reply{}, mux.Errorf(mux.InvalidProtocol, "mirror speaks the binary protocol, not %v", req.Protocol)
	}
	if len(req.Body) < 3 { // the field's type and number
		return mux.Reply{}, mux.Errorf(mux.ProtocolError, "method %q has no argument to mirror", req.Method)
	}
	body := append(req.Scratch, req.Body...)
	body[1], body[2] = 0, 0
	return mux.ResultReply(req.Protocol, body), nil
}

// run serves Mirror on a free port, which clients know as BarApi, and calls it.
func run(ctx context.Context, out io.Writer) error {
	m := mux.New()
	m.Handle("Mirror", mux.HandlerFunc(mirror))
	srv := &server.Server{
		Handler: m,
		Filters: []mux.Filter{filter.RenameService(filter.Exact(map[string]string{"BarApi": "Mirror"}))},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go srv.Serve(listener) // ends with Close
	defer srv.Close()

	transport := thrift.NewTFramedTransportConf(thrift.NewTSocketConf(listener.Addr().String(), nil), nil)
	if err := transport.Open(); err != nil {
		return err
	}
	defer transport.Close()
	client := bar.NewBarApiClientFactory(transport, protocol.MultiplexedBinaryFactory("BarApi"))
	reply, err := client.Reverse(ctx, "straight through")
	fmt.Fprintf(out, "BarApi.reverse: %q\n", reply)
	return err
}
