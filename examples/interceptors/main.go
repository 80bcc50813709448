// Command interceptors serves Thrift calls through gRPC interceptors: the ones
// written here, or any of go-grpc-middleware.
//
//	go run ./examples/interceptors
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

type barService struct{ bar.BarApi }

func (barService) Echo(_ context.Context, msg string) (string, error) { return "bar: " + msg, nil }

// logTo is where logging.UnaryServerInterceptor of go-grpc-middleware would stand.
func logTo(out io.Writer) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		resp, err := next(ctx, req)
		fmt.Fprintf(out, "server: %s %v\n", info.FullMethod, status.Code(err))
		return resp, err
	}
}

// authenticate lets in who has the token, which comes as a header of the call.
func authenticate(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	if token := md.Get("authorization"); len(token) != 1 || token[0] != "Bearer sesame" {
		return nil, status.Error(codes.Unauthenticated, "no token")
	}
	return next(ctx, req)
}

// validate sees the decoded arguments of BarApi.echo, and bytes of all others.
func validate(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if args, ok := req.(*bar.BarApiEchoArgs); ok && args.Msg == "" {
		return nil, status.Error(codes.InvalidArgument, "nothing to echo")
	}
	return next(ctx, req)
}

func main() {
	thrift.ServerConnectivityCheckInterval = 0 // or stubs start a goroutine and a ticker for every call
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run serves BarApi on a free port and calls it with and without a token.
func run(ctx context.Context, out io.Writer) error {
	chain := grpcfilter.ChainServer(logTo(out), authenticate, validate)
	args := grpcfilter.WithArgs("BarApi/echo", func() thrift.TStruct { return bar.NewBarApiEchoArgs() })
	m := mux.New()
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}), grpcfilter.UnaryServer(chain, args))
	srv := &server.Server{Handler: m}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go srv.Serve(listener) // ends with Close
	defer srv.Close()

	transport := thrift.NewTHeaderTransportConf(thrift.NewTSocketConf(listener.Addr().String(), nil), nil)
	if err := transport.Open(); err != nil {
		return err
	}
	defer transport.Close()
	client := bar.NewBarApiClient(protocol.NewHeaderClient("BarApi", thrift.NewTHeaderProtocolConf(transport, nil)))
	trusted := thrift.SetWriteHeaderList(thrift.SetHeader(ctx, "authorization", "Bearer sesame"), []string{"authorization"})
	for _, ctx := range []context.Context{ctx, trusted} {
		for _, msg := range []string{"hello", ""} {
			reply, err := client.Echo(ctx, msg)
			fmt.Fprintf(out, "client: %q, %v\n", reply, err)
		}
	}
	return nil
}
