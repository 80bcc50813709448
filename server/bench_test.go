//go:build unix

package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
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
	rest    []byte // of calls, in this round
	got     int
	ready   chan struct{}
}

func (s *script) Read(b []byte) (int, error) {
	if len(s.rest) == 0 {
		<-s.ready
		if s.rounds == 0 {
			return 0, io.EOF
		}
		s.rounds--
		s.rest = s.calls
		if len(b) < len(s.rest) {
			b = b[:1] // what a connection without readiness sees first; the rest comes together
		}
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
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

// echoCall appends a call of echo with 100 bytes.
func echoCall(b []byte, service string) []byte {
	b = wire.AppendHeader(b, wire.Binary, wire.Call, service+":echo", 1)
	b = append(b, 11, 0, 1, 0, 0, 0, 100)
	b = append(b, make([]byte, 100)...)
	return append(b, 0)
}

// framedCalls returns calls of echo, one of each service, and the size of the
// replies.
func framedCalls(services []string) (calls []byte, replies int) {
	for _, service := range services {
		var mark int
		calls, mark = wire.BeginFrame(calls)
		calls = echoCall(calls, service)
		wire.EndFrame(calls, mark)
		replies -= len(service) + len(":")
	}
	return calls, replies + len(calls)
}

// muxCalls returns the same as one window of a ThriftMux session, each call with
// contexts. A reply has 1 byte of status where a call has 2 of destination and 2
// of an empty dtab.
func muxCalls(depth int, contexts thriftmux.Pairs) (calls []byte, replies int) {
	for tag := range depth {
		var mark int
		calls, mark = thriftmux.BeginFrame(calls, thriftmux.Tdispatch, uint32(tag+1))
		calls = thriftmux.AppendTdispatch(calls, thriftmux.Request{Contexts: contexts})
		calls = echoCall(calls, "FooApi")
		thriftmux.EndFrame(calls, mark)
	}
	return calls, len(calls) - depth*(len("FooApi:")+3+len(contexts.Bytes()))
}

// headerCalls returns the same in THeader frames, each with so many headers.
func headerCalls(b *testing.B, depth, headers int) (calls []byte, replies int) {
	frame := func(pairs int, service string) []byte {
		w := theader.Begin(nil, theader.Header{Protocol: wire.Binary})
		for i := range pairs {
			w.Pair(fmt.Sprintf("key%d", i), "value")
		}
		buf, err := w.Payload()
		if err == nil {
			buf, err = w.End(echoCall(buf, service))
		}
		if err != nil {
			b.Fatal(err)
		}
		return buf
	}
	reply := len(frame(0, "FooApi")) - len("FooApi:")
	return bytes.Repeat(frame(headers, "FooApi"), depth), reply * depth
}

// benchmarkCalls measures what the server does for a call beside the kernel.
func benchmarkCalls(b *testing.B, h mux.Handler, depth int) {
	calls, replies := framedCalls(slices.Repeat([]string{"FooApi"}, depth))
	benchmarkScript(b, h, depth, calls, replies)
}

// benchmarkScript does so for the calls of a window, depth of them.
func benchmarkScript(b *testing.B, h mux.Handler, depth int, calls []byte, replies int) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := &Server{Handler: h, ErrorLog: slog.New(slog.DiscardHandler)}
	nc := &script{calls: calls, replies: replies, rounds: b.N/depth + 1, ready: make(chan struct{}, 1)}
	if err := s.start(); err != nil {
		b.Fatal(err)
	}
	c, err := s.addConn(nc)
	if err != nil {
		b.Fatal(err)
	}
	c.in.size = maxRead
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime(b)
	nc.ready <- struct{}{}
	s.workers.now(c)
	<-c.done
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
	s.Close()
}

// cpuTime returns the user time that the process has had, which tells more than
// the clock on a machine that others use too.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
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

// BenchmarkServices calls one of many services, or 32 of them in turn.
func BenchmarkServices(b *testing.B) {
	thrift.ServerConnectivityCheckInterval = 0
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("FooApi%d", i)
	}
	for _, n := range []struct{ table, called int }{{1, 1}, {1000, 1}, {1000, 32}} {
		b.Run(fmt.Sprintf("%d of %d", n.called, n.table), func(b *testing.B) {
			m := mux.New()
			if err := m.Update(func(t *mux.Table) error {
				for _, name := range names[:n.table] {
					if err := t.Register(name, foo.NewFooApiProcessor(benchFoo{})); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
			calls, replies := framedCalls(slices.Repeat(names[:n.called], 32/n.called))
			benchmarkScript(b, m, 32, calls, replies)
		})
	}
}

func BenchmarkTHeader(b *testing.B) {
	thrift.ServerConnectivityCheckInterval = 0
	h := fooApi(mux.Processor(foo.NewFooApiProcessor(benchFoo{})))
	for _, headers := range []int{0, 2} {
		b.Run(fmt.Sprintf("headers=%d", headers), func(b *testing.B) {
			calls, replies := headerCalls(b, 32, headers)
			benchmarkScript(b, h, 32, calls, replies)
		})
	}
}

func BenchmarkThriftMux(b *testing.B) {
	thrift.ServerConnectivityCheckInterval = 0
	h := fooApi(mux.Processor(foo.NewFooApiProcessor(benchFoo{})))
	var finagle thriftmux.Pairs
	for key, value := range map[string][]byte{
		thriftmux.TraceKey:    thriftmux.Trace{Span: 1, ID: 2}.Append(nil),
		thriftmux.DeadlineKey: thriftmux.Deadline{Timestamp: time.Now(), Deadline: time.Now().Add(time.Hour)}.Append(nil),
		thriftmux.ClientIDKey: []byte("web.prod"),
	} {
		if err := thriftmux.AddPair(&finagle, key, value); err != nil {
			b.Fatal(err)
		}
	}
	for name, contexts := range map[string]thriftmux.Pairs{"none": {}, "contexts": finagle} {
		b.Run(name, func(b *testing.B) {
			calls, replies := muxCalls(32, contexts)
			benchmarkScript(b, h, 32, calls, replies)
		})
	}
}
