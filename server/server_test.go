package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

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

func TestFirst(t *testing.T) {
	thrift.ServerConnectivityCheckInterval = 0
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(fooService{}))
	var logs bytes.Buffer
	srv := &server.Server{Handler: m, ErrorLog: slog.New(slog.NewTextHandler(&logs, nil))}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() { end <- srv.Serve(l) }()
	for _, framed := range []bool{true, false} {
		conf := &thrift.TConfiguration{}
		var tr thrift.TTransport = thrift.NewTSocketConf(l.Addr().String(), conf)
		if framed {
			tr = thrift.NewTFramedTransportConf(tr, conf)
		} else {
			tr = thrift.NewTBufferedTransport(tr, 4096)
		}
		if err := tr.Open(); err != nil {
			t.Fatal(err)
		}
		c := foo.NewFooApiClientFactory(tr, protocol.MultiplexedBinaryFactory("FooApi"))
		for i := range 1000 {
			want := fmt.Sprint("hello ", i)
			got, err := c.Echo(t.Context(), want)
			if err != nil || got != want {
				t.Fatal(got, err)
			}
		}
		if s, err := c.Slow(t.Context(), 100); s != "slept 100" || err != nil {
			t.Fatal(s, err)
		}
		_, err := c.Fail(t.Context(), "x")
		t.Log(err)
		if err := c.Note(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		if s, err := c.Echo(t.Context(), "y"); s != "y" || err != nil {
			t.Fatal(s, err)
		}
		tr.Close()
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-end; err != server.ErrServerClosed {
		t.Fatal(err)
	}
	t.Log(logs.String())
	_ = io.EOF
}
