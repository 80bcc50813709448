package grpc

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

func TestMain(m *testing.M) {
	thrift.ServerConnectivityCheckInterval = 0
	m.Run()
}

// fooService is FooApi, which does what the message says; outcomes of both servers
// are those of the function echo.
type fooService struct{ foo.FooApi }

func (fooService) Echo(ctx context.Context, msg string) (string, error) { return echo(ctx, msg) }

func (fooService) Fail(_ context.Context, reason string) (string, error) {
	return "", &foo.ApiError{Reason: reason, Code: 7}
}

// serve serves FooApi behind filters until the test ends, and returns its address.
func serve(t *testing.T, filters ...mux.Filter) string {
	t.Helper()
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(fooService{}), filters...)
	return serveHandler(t, m)
}

func serveHandler(t *testing.T, h mux.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &server.Server{Handler: h, ErrorLog: slog.New(slog.DiscardHandler)}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }() // ends with Shutdown
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; !errors.Is(err, server.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return listener.Addr().String()
}

// dial returns a client of FooApi with headers and filters, which lives until the
// test ends. It sends a call once, so that only interceptors try again.
func dial(t *testing.T, addr string, filters ...mux.Filter) *foo.FooApiClient {
	t.Helper()
	c := &client.Client{Target: addr, Dialect: wire.THeader, MaxAttempts: 1, Filters: filters}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return foo.NewFooApiClient(c.Service("FooApi"))
}

// withHeader returns a context whose calls carry a header.
func withHeader(ctx context.Context, key, value string) context.Context {
	return thrift.SetWriteHeaderList(thrift.SetHeader(ctx, key, value), append(thrift.GetWriteHeaderList(ctx), key))
}

// told returns the code and the text that a server answered, or the test fails.
func told(t *testing.T, err error) (mux.Code, string) {
	t.Helper()
	var e thrift.TApplicationException
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an exception", err)
	}
	return mux.Code(e.TypeId()), e.Error()
}
