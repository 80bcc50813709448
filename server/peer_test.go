package server_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/server/servertest"
)

// TestMain fails if the tests leave a goroutine of ours, or a buffer. Benchmarks
// run without the count.
func TestMain(m *testing.M) {
	flag.Parse()
	bench := flag.Lookup("test.bench").Value.String() != ""
	if !bench {
		conn.Count()
	}
	thrift.ServerConnectivityCheckInterval = 0
	if os.Getenv(childEnv) != "" {
		os.Exit(child(os.Getenv(childEnv)))
	}
	code := m.Run()
	if code == 0 && !bench {
		code = leaks()
	}
	os.Exit(code)
}

// leaks waits for what is still ending, and returns 1 if something stays.
func leaks() int {
	var stacks string
	for range 500 {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		if conn.Outstanding() == 0 && strings.Count(stacks, "oneport/server.") == 0 {
			return 0
		}
		runtime.Gosched()
		<-time.After(10 * time.Millisecond)
	}
	fmt.Fprintf(os.Stderr, "leaked: %d buffers, or goroutines:\n%s\n", conn.Outstanding(), stacks)
	return 1
}

// network is where a test's server listens: in memory on fake time, or on
// loopback.
type network struct {
	net.Listener
	dial func() (net.Conn, error)
	// reset breaks a connection off.
	reset func(net.Conn)
}

// onBoth runs a test in memory under synctest, and again over loopback.
func onBoth(t *testing.T, f func(t *testing.T, n *network)) {
	t.Run("memory", func(t *testing.T) { inBubble(t, f) })
	t.Run("loopback", func(t *testing.T) { f(t, onLoopback(t)) })
}

// inBubble runs a test in memory, on fake time.
func inBubble(t *testing.T, f func(t *testing.T, n *network)) {
	synctest.Test(t, func(t *testing.T) { f(t, inMemory()) })
}

func servertestListener() net.Listener { return servertest.Listen() }

func inMemory() *network {
	l := servertest.Listen()
	return &network{
		Listener: l,
		dial:     func() (net.Conn, error) { return l.Dial() },
		reset:    func(c net.Conn) { c.(*servertest.Conn).Reset() },
	}
}

func onLoopback(t *testing.T) *network {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &network{
		Listener: l,
		dial:     func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) },
		reset: func(c net.Conn) {
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		},
	}
}

// start serves srv on n until the test ends; it must then shut down in time, and
// have nothing left of what it counts.
func start(t *testing.T, n *network, srv *server.Server) {
	t.Helper()
	if srv.ErrorLog == nil {
		srv.ErrorLog = slog.New(slog.DiscardHandler)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(n) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; !errors.Is(err, server.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
		wantNothingHeld(t, srv)
	})
}

// wantNothingHeld checks that a server without connections counts nothing as held,
// when its workers have counted what they still had to.
func wantNothingHeld(t *testing.T, srv *server.Server) {
	t.Helper()
	calls, bytes := server.Held(srv)
	for range 500 {
		if calls == 0 && bytes == 0 && server.Lost(srv) == 0 {
			return
		}
		<-time.After(10 * time.Millisecond)
		calls, bytes = server.Held(srv)
	}
	t.Errorf("with no connection left, %d calls and %d bytes are counted, and %d bytes were when the connections had ended",
		calls, bytes, server.Lost(srv))
}

// peer is a client that writes frames of strict binary and reads them.
type peer struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, n *network) *peer {
	t.Helper()
	c, err := n.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &peer{t: t, Conn: c, r: bufio.NewReaderSize(c, 64<<10)}
}

// frame is a call as a frame. The body is an empty struct with pad bytes of a
// string before its end.
func frame(typ wire.Type, name string, seqid int32, pad int) []byte {
	b, mark := wire.BeginFrame(nil)
	b = wire.AppendHeader(b, wire.Binary, typ, name, seqid)
	b = append(b, body(pad)...)
	wire.EndFrame(b, mark)
	return b
}

// body is a struct with one string of n bytes in field 1, or an empty one.
func body(n int) []byte {
	var b []byte
	if n > 0 {
		b = append(b, 11, 0, 1)
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		b = append(b, make([]byte, n)...)
	}
	return append(b, 0)
}

// send writes frames in one write.
func (p *peer) send(frames ...[]byte) {
	p.t.Helper()
	var b []byte
	for _, f := range frames {
		b = append(b, f...)
	}
	if _, err := p.Write(b); err != nil {
		p.t.Fatalf("write: %v", err)
	}
}

// answer is a reply as it came.
type answer struct {
	typ   wire.Type
	name  string
	seqid int32
	body  []byte
}

// code returns the type of the exception that the answer carries, or -1.
func (a answer) code() (int32, string) {
	if a.typ != wire.Exception {
		return -1, ""
	}
	code, text, err := wire.ParseException(wire.Binary, a.body)
	if err != nil {
		return -2, err.Error()
	}
	return code, text
}

// recv reads a reply, within 10 s.
func (p *peer) recv() (answer, error) {
	p.SetReadDeadline(time.Now().Add(10 * time.Second))
	var size [4]byte
	if _, err := io.ReadFull(p.r, size[:]); err != nil {
		return answer{}, err
	}
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(p.r, b); err != nil {
		return answer{}, err
	}
	h, err := wire.ParseHeader(wire.Binary, b, 0)
	if err != nil {
		return answer{}, err
	}
	return answer{h.Type, string(h.Name), h.SeqID, b[h.Size:]}, nil
}

// want reads replies and checks that they have these seqids.
func (p *peer) want(typ wire.Type, seqids ...int32) {
	p.t.Helper()
	for _, want := range seqids {
		a, err := p.recv()
		if err != nil {
			p.t.Fatalf("reply %d: %v", want, err)
		}
		if a.typ != typ || a.seqid != want {
			_, text := a.code()
			p.t.Fatalf("got %v %d %s, want %v %d", a.typ, a.seqid, text, typ, want)
		}
	}
}

// wantEnd checks that the server ends the connection.
func (p *peer) wantEnd() {
	p.t.Helper()
	if a, err := p.recv(); err == nil {
		p.t.Fatalf("got a reply %v %d, want the end", a.typ, a.seqid)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatal("the connection goes on, want its end")
	}
}

func seqids(from, n int32) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = from + int32(i)
	}
	return s
}

// handle makes a server of one func for all calls.
func handle(f func(ctx context.Context, req *mux.Request) error, filters ...mux.Filter) *server.Server {
	return &server.Server{Filters: filters, Handler: mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if err := f(ctx, req); err != nil {
			return mux.Reply{}, err
		}
		return mux.Reply{Type: wire.Reply, Body: append(req.Scratch, req.Body...)}, nil
	})}
}

// gate holds handlers until it is opened or the test ends, and counts them.
type gate struct {
	came   chan struct{}
	opened chan struct{}
	over   <-chan struct{}
}

func newGate(t *testing.T) *gate {
	return &gate{came: make(chan struct{}, 1<<16), opened: make(chan struct{}), over: t.Context().Done()}
}

// pass waits until the gate is open.
func (g *gate) pass() {
	g.came <- struct{}{}
	select {
	case <-g.opened:
	case <-g.over:
	}
}

// await waits until n more handlers have come.
func (g *gate) await(n int) {
	for range n {
		<-g.came
	}
}

func (g *gate) open() { close(g.opened) }
