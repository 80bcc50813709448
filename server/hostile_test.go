package server_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/tree"
)

// heapCeiling bounds what the heap may grow by while a hostile client is
// connected, after a collection.
const heapCeiling = 64 << 20

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

type treeService struct{}

func (treeService) Depth(ctx context.Context, t *tree.Tree) (int32, error) { return 1, nil }

// TestHostileBytes sends what a server might choke on. Each must end in a clear
// error or a close, with little memory taken, while another client is served.
func TestHostileBytes(t *testing.T) {
	i32 := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	head := func(name string) []byte { return wire.AppendHeader(nil, wire.Binary, wire.Call, name, 7) }
	framed := func(b []byte) []byte { return append(wire.AppendFrameHeader(nil, len(b)), b...) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	lists := bytes.Repeat([]byte{15, 0, 0, 0, 1}, 1_000_000) // list<list<list<...
	deep := bytes.Repeat([]byte{12, 0, 1}, 4_000_000)        // Tree.next.next.next...
	for name, c := range map[string]struct {
		bytes []byte
		code  mux.Code // of the exception; 0: none, the connection ends
		text  string   // in the log or the exception
		lives bool     // the connection goes on
	}{
		"a frame of 2 GiB":                    {bytes: i32(1<<31 - 1)},
		"a later frame of 2 GiB":              {bytes: join(frame(wire.Call, "BarApi:echo", 1, 5), i32(1<<31-1), head("BarApi:echo")), code: mux.ProtocolError, text: "2147483647"},
		"a later frame of negative length":    {bytes: join(frame(wire.Call, "BarApi:echo", 1, 5), i32(1<<31))},
		"a name of 99 MiB":                    {bytes: join(i32(0x80010001), i32(99<<20), []byte("name"))},
		"a name of 99 MiB in a frame":         {bytes: framed(join(i32(0x80010001), i32(99<<20), []byte("name")))},
		"a name of negative length":           {bytes: join(i32(0x80010001), i32(1<<32-1), []byte("name"))},
		"a name of negative length, framed":   {bytes: framed(join(i32(0x80010001), i32(1<<32-1), []byte("name")))},
		"a name of 2^31-1 bytes":              {bytes: join(i32(0x80010001), i32(1<<31-1), []byte("name"))},
		"a name of 2^31-1 bytes, framed":      {bytes: framed(join(i32(0x80010001), i32(1<<31-1), []byte("name")))},
		"a million nested lists":              {bytes: join(head("BarApi:index"), []byte{15, 0, 1}, lists), code: mux.ProtocolError, text: "64"},
		"a million nested lists, framed":      {bytes: framed(join(head("BarApi:index"), []byte{15, 0, 1}, lists)), code: mux.ProtocolError, lives: true},
		"2^31-1 elements":                     {bytes: join(head("BarApi:index"), []byte{15, 0, 1, 11}, i32(1<<31-1)), code: mux.ProtocolError, text: "2147483647"},
		"2^31-1 elements, framed":             {bytes: framed(join(head("BarApi:index"), []byte{15, 0, 1, 11}, i32(1<<31-1))), code: mux.ProtocolError, lives: true},
		"2^31-1 pairs, framed":                {bytes: framed(join(head("BarApi:index"), []byte{13, 0, 1, 11, 11}, i32(1<<31-1))), code: mux.ProtocolError, lives: true},
		"a string of 2^31-1 bytes, framed":    {bytes: framed(join(head("BarApi:echo"), []byte{11, 0, 1}, i32(1<<31-1))), code: mux.ProtocolError, lives: true},
		"a struct 4 million levels deep":      {bytes: framed(join(head("TreeApi:depth"), []byte{12, 0, 1}, deep)), code: mux.ProtocolError, lives: true},
		"a struct 4 million levels, unframed": {bytes: join(head("TreeApi:depth"), []byte{12, 0, 1}, deep), code: mux.ProtocolError, text: "64"},
		"a reply":                             {bytes: join(frame(wire.Call, "BarApi:echo", 1, 5), frame(wire.Reply, "BarApi:echo", 7, 0)), code: mux.InvalidMessageType, lives: true},
		"an SSH client":                       {bytes: []byte("SSH-2.0-OpenSSH_9.2\r\n"), text: "SSH"},
		"a zlib stream":                       {bytes: []byte{0x78, 0x9c, 1, 2, 3, 4, 5, 6}, text: "zlib"},
	} {
		t.Run(name, func(t *testing.T) {
			n := onLoopback(t)
			m := mux.New()
			m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
			m.Register("TreeApi", tree.NewTreeApiProcessor(treeService{}))
			log := new(logbook)
			start(t, n, &server.Server{Handler: m, ErrorLog: log.logger()})
			good := dial(t, n)
			good.send(frame(wire.Call, "BarApi:echo", 1, 5))
			good.want(wire.Reply, 1)
			before := heap()
			p := dial(t, n)
			go p.Write(c.bytes)
			end := readToEnd(t, p, c.code, c.lives)
			if after := heap(); after > before+heapCeiling {
				t.Errorf("the heap grew by %d bytes", after-before)
			}
			if c.lives {
				p.send(frame(wire.Call, "BarApi:echo", 9, 5))
				p.want(wire.Reply, 9)
			}
			if c.text != "" && !strings.Contains(end, c.text) && !strings.Contains(log.String(), c.text) {
				t.Errorf("neither the answer %q nor the log tells of %q:\n%s", end, c.text, log)
			}
			good.send(frame(wire.Call, "BarApi:echo", 2, 5))
			good.want(wire.Reply, 2)
		})
	}
}

// readToEnd reads what a hostile client gets: an exception with this code, framed
// or not, if any, and the end unless the connection lives. It returns the text.
func readToEnd(t *testing.T, p *peer, code mux.Code, lives bool) (text string) {
	t.Helper()
	p.SetReadDeadline(time.Now().Add(10 * time.Second))
	var got []byte
	for {
		c, err := p.r.ReadByte()
		if err != nil {
			if err != io.EOF {
				t.Fatalf("after % x: %v", got, err)
			}
			break
		}
		got = append(got, c)
		b := bytes.TrimPrefix(got, nil)
		if len(b) > 4 && b[0] == 0 {
			b = b[4:]
		}
		var r wire.MessageReader
		r.Reset(wire.Binary, wire.Limits{})
		h, end, n, _ := r.Next(b)
		if n == 0 {
			continue
		}
		if h.Type == wire.Reply {
			got = nil // of the call before
			continue
		}
		seen, s, _ := wire.ParseException(wire.Binary, b[h.Size:end])
		if seen != int32(code) || code == 0 {
			t.Errorf("answered with %d %q, want code %d", seen, s, code)
		}
		if text = s; lives {
			return text
		}
	}
	if code != 0 && text == "" {
		t.Errorf("got % x, want an exception with code %d", got, code)
	}
	return text
}

func (b *logbook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "\n")
}

func TestShortMessagesAByteASegment(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		start(t, n, echoServer())
		p, q := dial(t, n), dial(t, n)
		if c, ok := p.Conn.(*net.TCPConn); ok {
			c.SetNoDelay(true)
		}
		for i := range int32(3) {
			for _, b := range frame(wire.Call, "A:b", i, 3) {
				p.send([]byte{b})
				runtime.Gosched()
			}
			p.want(wire.Reply, i)
			for _, b := range frame(wire.Call, "A:b", i, 3)[4:] {
				q.send([]byte{b})
			}
			if h, _ := q.recvUnframed(); h.SeqID != i {
				t.Errorf("got %d", h.SeqID)
			}
		}
	})
}

// counted is a listener that knows how many of its connections are open.
type counted struct {
	net.Listener
	open sync.WaitGroup
}

type countedConn struct {
	*net.TCPConn
	done func()
}

func (l *counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return countedConn{c.(*net.TCPConn), sync.OnceFunc(l.open.Done)}, nil
}

func (c countedConn) Close() error {
	defer c.done()
	return c.TCPConn.Close()
}

func TestHealthChecksLeaveNoTrace(t *testing.T) {
	n := onLoopback(t)
	l := &counted{Listener: n.Listener}
	n.Listener = l
	var told atomic.Int32
	log := &logbook{all: true}
	srv := echoServer()
	srv.ErrorLog = log.logger()
	srv.Observer = mux.Observer{
		Opened:  func(*mux.Peer) { told.Add(1) },
		Closed:  func(*mux.Peer, error) { told.Add(1) },
		Refused: func(*mux.Peer, mux.Refusal) { told.Add(1) },
	}
	start(t, n, srv)
	for i := range 1000 {
		c, err := n.dial()
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			n.reset(c)
		} else {
			c.Close()
		}
	}
	// A call behind them all shows that they have been accepted.
	p := dial(t, n)
	p.send(frame(wire.Call, "A:b", 1, 0))
	p.want(wire.Reply, 1)
	p.Close()
	l.open.Wait()
	if err := srv.Shutdown(t.Context()); err != nil { // what there is to tell has been told
		t.Error(err)
	}
	if n := told.Load(); n != 2 {
		t.Errorf("the observer was told %d times, want only of the call's connection", n)
	}
	log.want(t)
}

func TestTenThousandIdleConnections(t *testing.T) {
	n := inMemory()
	srv := echoServer()
	srv.MaxConns = 10_001
	start(t, n, srv)
	before := heap()
	peers := make([]net.Conn, 10_000)
	for i := range peers {
		c, err := n.dial()
		if err != nil {
			t.Fatal(err)
		}
		peers[i] = c
		defer c.Close()
	}
	p := dial(t, n)
	for i := range int32(100) {
		p.send(frame(wire.Call, "A:b", i, 100))
		p.want(wire.Reply, i)
	}
	if after := heap(); after > before+200<<20 {
		t.Errorf("the heap grew by %d bytes", after-before)
	}
}
