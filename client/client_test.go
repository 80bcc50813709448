package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

func TestMain(m *testing.M) {
	thrift.ServerConnectivityCheckInterval = 0
	if os.Getenv(serveEnv) != "" {
		serveUntilEOF()
		return
	}
	m.Run()
}

// serveUntilEOF prints where it serves, until its standard input ends.
func serveUntilEOF() {
	srv := &server.Server{Handler: newMux()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go srv.Serve(l)
	fmt.Println(l.Addr())
	io.Copy(io.Discard, os.Stdin)
	srv.Close()
}

func newMux() *mux.Mux {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(fooService{}))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	m.Alias("", "FooApi")
	return m
}

type fooService struct{}

func (fooService) Echo(ctx context.Context, msg string) (string, error) { return msg, nil }
func (fooService) Add(ctx context.Context, a, b int32) (int32, error)   { return a + b, nil }
func (fooService) Slow(ctx context.Context, ms int32) (string, error) {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return fmt.Sprintf("slept %d", ms), nil
}
func (fooService) Fail(ctx context.Context, reason string) (string, error) {
	return "", &foo.ApiError{Reason: reason, Code: 7}
}
func (fooService) Note(ctx context.Context, text string) error { return nil }
func (fooService) Notes(ctx context.Context) (int32, error)    { return 0, nil }

type barService struct{ bar.BarApi }

func (barService) Echo(ctx context.Context, msg string) (string, error) { return "bar: " + msg, nil }

// serve runs a server of both services on a loopback port until the test ends.
func serve(tb testing.TB) (addr string) {
	tb.Helper()
	srv := &server.Server{Handler: newMux()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	tb.Cleanup(func() {
		srv.Shutdown(context.Background())
		<-served
	})
	return l.Addr().String()
}

func TestCalls(t *testing.T) {
	c, err := client.Dial(serve(t))
	if err != nil {
		t.Fatal(err)
	}
	fooClient := foo.NewFooApiClient(c.Service("FooApi"))
	barClient := bar.NewBarApiClient(c.Service("BarApi"))
	ctx := t.Context()
	if s, err := fooClient.Echo(ctx, "hello"); s != "hello" || err != nil {
		t.Fatal(s, err)
	}
	if s, err := barClient.Echo(ctx, "hello"); s != "bar: hello" || err != nil {
		t.Fatal(s, err)
	}
	_, err = fooClient.Fail(ctx, "no tea")
	if thrown := (*foo.ApiError)(nil); !errors.As(err, &thrown) || thrown.Reason != "no tea" {
		t.Fatal(err)
	}
	if err := fooClient.Note(ctx, "x"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 64 {
		wg.Go(func() {
			fooClient := foo.NewFooApiClient(c.Service("FooApi"))
			for i := range 500 {
				want := fmt.Sprint(g, "-", i)
				if got, err := fooClient.Echo(ctx, want); got != want || err != nil {
					t.Errorf("echo %q: %q, %v", want, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = fooClient.Slow(short, 300)
	if !errors.Is(err, context.DeadlineExceeded) || client.IsRetriable(err) {
		t.Fatal(err)
	}
	if s, err := fooClient.Echo(ctx, "after"); s != "after" || err != nil {
		t.Fatal(s, err)
	}
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = fooClient.Echo(ctx, "closed")
	if !errors.Is(err, client.ErrClosed) {
		t.Fatal(err)
	}
}
