//go:build unix

package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// script is a connection whose client sends the same calls again and again, as
// soon as it has all replies to the last ones. Nothing of it is the kernel's.
type script struct {
	net.Conn
	calls   []byte
	replies int // bytes of the replies to calls
	rounds  int
	got     int
	ready   chan struct{}
}

func (s *script) Read(b []byte) (int, error) {
	<-s.ready
	if s.rounds == 0 {
		return 0, io.EOF
	}
	s.rounds--
	return copy(b, s.calls), nil
}

func (s *script) Write(b []byte) (int, error) {
	if s.got += len(b); s.got == s.replies {
		s.got = 0
		s.ready <- struct{}{}
	}
	return len(b), nil
}

func (s *script) Close() error                     { return nil }
func (s *script) RemoteAddr() net.Addr             { return nil }
func (s *script) LocalAddr() net.Addr              { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// benchmarkCalls measures what the server does for a call beside the kernel.
func benchmarkCalls(b *testing.B, h mux.Handler, depth int) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var calls []byte
	for range depth {
		var mark int
		calls, mark = wire.BeginFrame(calls)
		calls = wire.AppendHeader(calls, wire.Binary, wire.Call, "FooApi:echo", 1)
		calls = append(calls, 11, 0, 1, 0, 0, 0, 100)
		calls = append(calls, make([]byte, 100)...)
		calls = append(calls, 0)
		wire.EndFrame(calls, mark)
	}
	s := &Server{Handler: h, ErrorLog: slog.New(slog.DiscardHandler)}
	nc := &script{calls: calls, replies: len(calls) - depth*len("FooApi:"), rounds: b.N/depth + 1, ready: make(chan struct{}, 1)}
	if err := s.start(); err != nil {
		b.Fatal(err)
	}
	c, err := s.addConn(nc)
	if err != nil {
		b.Fatal(err)
	}
	c.in.raw.plain.small = make([]byte, len(calls))
	c.in.size = maxRead
	b.ReportAllocs()
	b.ResetTimer()
	nc.ready <- struct{}{}
	s.workers.now(c)
	<-c.done
	s.Close()
}

var echoBody mux.Handler = mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
})

func fooApi(h mux.Handler) mux.Handler {
	m := mux.New()
	m.Handle("FooApi", h)
	return m
}

func BenchmarkRaw(b *testing.B) {
	b.Run("32", func(b *testing.B) { benchmarkCalls(b, fooApi(echoBody), 32) })
	b.Run("1", func(b *testing.B) { benchmarkCalls(b, fooApi(echoBody), 1) })
	b.Run("quick", func(b *testing.B) { benchmarkCalls(b, fooApi(mux.Quick(echoBody)), 32) })
}

type benchFoo struct{ foo.FooApi }

func (benchFoo) Echo(_ context.Context, msg string) (string, error) { return msg, nil }

func BenchmarkStub(b *testing.B) {
	thrift.ServerConnectivityCheckInterval = 0
	h := mux.Processor(foo.NewFooApiProcessor(benchFoo{}))
	b.Run("32", func(b *testing.B) { benchmarkCalls(b, fooApi(h), 32) })
	b.Run("quick", func(b *testing.B) { benchmarkCalls(b, fooApi(mux.Quick(h)), 32) })
}
