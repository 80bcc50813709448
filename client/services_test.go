package client_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// serveEnv makes the test program a server, so that the benchmarks' calls go to
// another process.
const serveEnv = "ONEPORT_CLIENT_BENCH_SERVE"

// TestMain makes the test program a server if the environment says so; see
// startServer.
func TestMain(m *testing.M) {
	conn.Count()
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
	m.Register("FooApi", foo.NewFooApiProcessor(new(fooService)))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	m.Alias("", "FooApi")
	return m
}

type fooService struct{ notes atomic.Int32 }

func (*fooService) Echo(_ context.Context, msg string) (string, error) { return msg, nil }

func (*fooService) Add(_ context.Context, a, b int32) (int32, error) { return a + b, nil }

func (*fooService) Slow(ctx context.Context, ms int32) (string, error) {
	t := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return fmt.Sprint("slept ", ms), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (*fooService) Fail(_ context.Context, reason string) (string, error) {
	return "", &foo.ApiError{Reason: reason, Code: 7}
}

func (f *fooService) Note(context.Context, string) error {
	f.notes.Add(1)
	return nil
}

func (f *fooService) Notes(context.Context) (int32, error) { return f.notes.Load(), nil }

// barService has only some of BarApi's methods; the others panic.
type barService struct{ bar.BarApi }

func (barService) Echo(_ context.Context, msg string) (string, error) { return "bar: " + msg, nil }

func (barService) Blob(_ context.Context, data []byte) ([]byte, error) { return data, nil }
