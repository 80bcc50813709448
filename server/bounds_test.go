package server_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// refusals collects what a server turns away, by bound.
type refusals struct {
	mu sync.Mutex
	by map[string]int
}

func (r *refusals) observer() mux.Observer {
	r.by = map[string]int{}
	return mux.Observer{Refused: func(_ *mux.Peer, f mux.Refusal) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.by[f.Bound]++
	}}
}

func (r *refusals) want(t *testing.T, bound string, n int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by[bound] != n || n > 0 && len(r.by) != 1 {
		t.Errorf("refused %v, want %s %d times", r.by, bound, n)
	}
}

func echoServer() *server.Server {
	return handle(func(ctx context.Context, req *mux.Request) error { return nil })
}

func (p *peer) wantCode(seqid int32, code mux.Code, text string) {
	p.t.Helper()
	a, err := p.recv()
	if err != nil {
		p.t.Fatalf("reply %d: %v", seqid, err)
	}
	if got, s := a.code(); a.seqid != seqid || got != int32(code) || !strings.Contains(s, text) {
		p.t.Fatalf("got %d, code %d %q; want %d, code %d %q", a.seqid, got, s, seqid, code, text)
	}
}

func TestMaxConns(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		srv, r := echoServer(), &refusals{}
		srv.MaxConns, srv.Observer = 3, r.observer()
		start(t, n, srv)
		var peers []*peer
		for range 3 {
			p := dial(t, n)
			p.send(frame(wire.Call, "A:b", 1, 0))
			p.want(wire.Reply, 1)
			peers = append(peers, p)
		}
		r.want(t, "MaxConns", 0)
		dial(t, n).wantEnd()
		r.want(t, "MaxConns", 1)
		peers[0].Close()
		// Room comes when the server has seen the end.
		for {
			p := dial(t, n)
			if p.Write(frame(wire.Call, "A:b", 2, 0)); p.answered() {
				return
			}
		}
	})
}

// answered reports whether there is a reply rather than an end.
func (p *peer) answered() bool {
	_, err := p.recv()
	return err == nil
}

func TestMaxCalls(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g, r := newGate(t), &refusals{}
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			g.pass()
			return nil
		})
		srv.MaxCalls, srv.Observer = 10, r.observer()
		start(t, n, srv)
		p, q := dial(t, n), dial(t, n)
		var frames [][]byte
		for i := range int32(10) {
			frames = append(frames, frame(wire.Call, "A:b", i, 0))
		}
		p.send(frames...)
		g.await(10)
		r.want(t, "MaxCalls", 0)
		q.send(frame(wire.Call, "A:b", 10, 0)) // alone
		q.wantCode(10, mux.Overloaded, "limit of 10")
		q.send(frame(wire.Call, "A:b", 11, 0), frame(wire.Oneway, "A:note", 12, 0), frame(wire.Call, "A:b", 13, 0))
		q.wantCode(11, mux.Overloaded, "MaxCalls")
		q.wantCode(13, mux.Overloaded, "not run")
		r.want(t, "MaxCalls", 4)
		g.open()
		p.want(wire.Reply, seqids(0, 10)...)
		q.send(frame(wire.Call, "A:b", 14, 0))
		q.want(wire.Reply, 14)
	})
}

// TestARefusedOnewayIsNoCallForEver: a oneway that MaxCalls turns away gives its place back.
func TestARefusedOnewayIsNoCallForEver(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			if req.Method == "slow" {
				g.pass()
			}
			return nil
		})
		srv.MaxCalls = 1
		start(t, n, srv)
		p, q := dial(t, n), dial(t, n)
		p.send(frame(wire.Call, "A:slow", 1, 0))
		g.await(1)
		q.send(frame(wire.Oneway, "A:note", 2, 0))
		q.send(frame(wire.Call, "A:b", 3, 0))
		q.wantCode(3, mux.Overloaded, "MaxCalls")
		g.open()
		p.want(wire.Reply, 1)
		q.send(frame(wire.Call, "A:b", 4, 0))
		q.want(wire.Reply, 4)
	})
}

func TestMaxCallsPerConnPausesTheReading(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g, r := newGate(t), &refusals{}
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			g.pass()
			return nil
		})
		srv.MaxCallsPerConn, srv.Observer = 4, r.observer()
		start(t, n, srv)
		p, q := dial(t, n), dial(t, n)
		var frames [][]byte
		for i := range int32(10) {
			frames = append(frames, frame(wire.Call, "A:b", i, 0))
		}
		p.send(frames[:3]...)
		g.await(3)
		p.send(frames[3:]...)
		g.await(1)
		q.send(frame(wire.Call, "A:b", 1, 0)) // time enough for more of p's calls
		g.await(1)
		if n := len(g.came); n != 0 {
			t.Errorf("%d calls over the limit run", n)
		}
		g.open()
		p.want(wire.Reply, seqids(0, 10)...)
		q.want(wire.Reply, 1)
		r.want(t, "MaxCallsPerConn", 0)
	})
}

// TestPausedReadingIsNoSlowMessage holds the reading at MaxCallsPerConn for longer
// than a message may take to come, while the rest of one is there.
func TestPausedReadingIsNoSlowMessage(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(context.Context, *mux.Request) error {
			g.pass()
			return nil
		})
		srv.MaxCallsPerConn, srv.MessageTimeout = 2, time.Second
		start(t, n, srv)
		p := dial(t, n)
		last := frame(wire.Call, "A:b", 3, 0)
		p.send(frame(wire.Call, "A:b", 1, 0), frame(wire.Call, "A:b", 2, 0), last[:9])
		g.await(2)
		p.send(last[9:])
		time.AfterFunc(2*srv.MessageTimeout, g.open) // on fake time
		p.want(wire.Reply, 1, 2, 3)
	})
}

func TestMaxBytes(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		r := &refusals{}
		srv := &server.Server{MaxBytes: 8 << 20, Observer: r.observer()}
		free := heldReplies(t, n, srv, 4, 2040<<10)
		q := dial(t, n)
		q.send(frame(wire.Call, "A:b", 2, 0))
		q.want(wire.Reply, 2)
		r.want(t, "MaxBytes", 0)
		q.send(frame(wire.Call, "A:b", 3, 40<<10)) // beyond the limit with it
		q.wantCode(3, mux.Overloaded, "MaxBytes")
		q.send(frame(wire.Call, "A:b", 4, 0))
		q.want(wire.Reply, 4)
		r.want(t, "MaxBytes", 1)
		large := frame(wire.Call, "A:b", 5, 80<<10)
		q.send(large[:70<<10]) // too much to wait for
		q.wantCode(5, mux.Overloaded, "not run")
		r.want(t, "MaxBytes", 2)
		q.send(large[70<<10:], frame(wire.Call, "A:b", 6, 0)) // the connection lives on
		q.want(wire.Reply, 6)
		free()
	})
}

func TestMaxConnBytes(t *testing.T) {
	// The calls of a connection come to more than its bytes: reading pauses, and
	// all are answered.
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			g.pass()
			return nil
		})
		srv.MaxConnBytes = 100 << 10
		start(t, n, srv)
		p := dial(t, n)
		go func() {
			for i := range int32(20) {
				if _, err := p.Write(frame(wire.Call, "A:b", i, 30<<10)); err != nil {
					return
				}
			}
		}()
		g.await(4)
		q := dial(t, n)
		q.send(frame(wire.Call, "A:b", 1, 0))
		g.await(1)
		if n := len(g.came); n > 1 { // a read may bring one more than the limit
			t.Errorf("%d calls run beyond the limit", n)
		}
		g.open()
		p.want(wire.Reply, seqids(0, 20)...)
	})
}

func TestASlowHeadOfLineWithMuchBehindIt(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		big := body(1 << 20)
		ran := make(chan int32, 300)
		srv := &server.Server{Handler: mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			if req.SeqID == 0 {
				g.pass()
			}
			ran <- req.SeqID
			return mux.Reply{Type: wire.Reply, Body: big}, nil
		})}
		log := new(logbook)
		srv.ErrorLog = log.logger()
		t.Cleanup(func() { log.want(t, "MaxConnBytes") }) // when all has ended
		start(t, n, srv)
		p, q := dial(t, n), dial(t, n)
		var frames [][]byte
		for i := range int32(256) {
			frames = append(frames, frame(wire.Call, "A:b", i, 0))
		}
		p.send(frames...)
		p.wantEnd() // over twice 64 MiB of replies that cannot leave
		q.send(frame(wire.Call, "A:b", 1000, 0))
		q.want(wire.Reply, 1000)
		g.open()
	})
}

func TestMaxMessageSize(t *testing.T) {
	for _, framed := range []bool{true, false} {
		onBoth(t, func(t *testing.T, n *network) {
			srv, r := echoServer(), &refusals{}
			srv.MaxMessageSize, srv.Observer = 1000, r.observer()
			start(t, n, srv)
			call := func(seqid int32, size int) []byte {
				f := frame(wire.Call, "A:b", seqid, size-23) // 15 of header, 7 and 1 of the body
				if framed {
					return f
				}
				return f[4:]
			}
			over := func(p *peer) {
				p.send(call(2, 1001))
				if framed {
					p.wantCode(2, mux.ProtocolError, "1000")
				} else if h, text := p.recvUnframed(); h.SeqID != 2 || !strings.Contains(text, "1000") {
					t.Errorf("got %d %q", h.SeqID, text)
				}
				p.wantEnd()
			}
			p := dial(t, n)
			p.send(call(1, 1000))
			if framed {
				p.want(wire.Reply, 1)
			} else if b := make([]byte, 1000-2); true { // the reply lacks "A:"
				p.SetReadDeadline(time.Now().Add(10 * time.Second))
				if _, err := readFull(p, b); err != nil {
					t.Fatal(err)
				}
			}
			r.want(t, "MaxMessageSize", 0)
			over(p)
			r.want(t, "MaxMessageSize", 1)
			over(dial(t, n)) // the first message of a connection
			r.want(t, "MaxMessageSize", 2)
		})
	}
	srv := &server.Server{MaxMessageSize: 218_762_506}
	if err := srv.Serve(servertestListener()); err == nil || !strings.Contains(err.Error(), "218762505") {
		t.Errorf("a MaxMessageSize over the largest: %v", err)
	}
}

func TestMaxNameLen(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		srv, r := echoServer(), &refusals{}
		srv.MaxNameLen, srv.Observer = 20, r.observer()
		start(t, n, srv)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:"+strings.Repeat("n", 18), 1, 0))
		p.want(wire.Reply, 1)
		p.send(frame(wire.Call, "A:"+strings.Repeat("n", 19), 1, 0))
		p.wantEnd()
		r.want(t, "MaxNameLen", 1)
	})
}

func TestMaxDepth(t *testing.T) {
	depth := func(n int) []byte { // a struct with n-1 structs in it, one in the other
		var b []byte
		for range n - 1 {
			b = append(b, 12, 0, 1)
		}
		return append(b, make([]byte, n)...)
	}
	onBoth(t, func(t *testing.T, n *network) {
		srv, r := echoServer(), &refusals{}
		srv.MaxDepth, srv.Observer = 5, r.observer()
		start(t, n, srv)
		p := dial(t, n)
		unframed := func(levels int) []byte {
			return append(wire.AppendHeader(nil, wire.Binary, wire.Call, "A:b", 1), depth(levels)...)
		}
		p.send(unframed(5))
		p.recvUnframed()
		r.want(t, "MaxDepth", 0)
		p.send(unframed(6))
		if _, text := p.recvUnframed(); !strings.Contains(text, "5") {
			t.Errorf("got %q", text)
		}
		p.wantEnd()
		r.want(t, "MaxDepth", 1)
	})
}

func TestTimeouts(t *testing.T) {
	for name, c := range map[string]struct {
		set   func(s *server.Server)
		do    func(p *peer)
		after time.Duration
		slack time.Duration
		bound string
	}{
		"idle before the first byte": {
			set: func(s *server.Server) { s.IdleTimeout = 8 * time.Minute },
			do:  func(p *peer) {}, after: 8 * time.Minute,
		},
		"idle after a call": {
			set: func(s *server.Server) { s.IdleTimeout = 8 * time.Minute },
			do: func(p *peer) {
				p.send(frame(wire.Call, "A:b", 1, 0))
				p.want(wire.Reply, 1)
			}, after: 8 * time.Minute, slack: time.Minute,
		},
		"sniffing": {
			set: func(s *server.Server) {}, do: func(p *peer) { p.send([]byte{0}) },
			after: 10 * time.Second, bound: "SniffTimeout",
		},
		"a first message": {
			set: func(s *server.Server) {}, do: func(p *peer) { p.send(frame(wire.Call, "A:b", 1, 100)[:50]) },
			after: time.Minute, bound: "MessageTimeout",
		},
		"a later message": {
			set: func(s *server.Server) { s.MessageTimeout = 5 * time.Second },
			do: func(p *peer) {
				p.send(frame(wire.Call, "A:b", 1, 0), frame(wire.Call, "A:b", 2, 0)[:5])
				p.want(wire.Reply, 1)
			}, after: 5 * time.Second, bound: "MessageTimeout",
		},
		"a byte a second": {
			set: func(s *server.Server) { s.MessageTimeout = 5 * time.Second },
			do: func(p *peer) {
				p.send(frame(wire.Call, "A:b", 1, 100)[:20])
				for range 4 {
					<-time.After(time.Second)
					p.send([]byte{0})
				}
			}, after: 5 * time.Second, bound: "MessageTimeout",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				srv, r := echoServer(), &refusals{}
				srv.Observer = r.observer()
				c.set(srv)
				start(t, n, srv)
				p := dial(t, n)
				began := time.Now()
				c.do(p)
				p.SetReadDeadline(time.Time{})
				if b, err := p.r.ReadByte(); err == nil {
					t.Fatalf("got byte %d, want the end", b)
				}
				if d := time.Since(began); d < c.after || d > c.after+c.slack {
					t.Errorf("the connection ended after %v, want %v", d, c.after)
				}
				if c.bound != "" {
					r.want(t, c.bound, 1)
				}
			})
		})
	}
}

func TestIdleTimeoutSparesRunningCalls(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			<-time.After(time.Hour)
			return ctx.Err()
		})
		srv.IdleTimeout = 10 * time.Minute
		start(t, n, srv)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:b", 1, 0))
		<-time.After(59 * time.Minute)
		p.want(wire.Reply) // nothing yet
		synctest.Wait()
		p.SetReadDeadline(time.Now().Add(2 * time.Hour))
		if _, err := p.r.Peek(1); err != nil {
			t.Fatal(err)
		}
		p.want(wire.Reply, 1)
	})
}

func TestAClientThatNeverReads(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		log := new(logbook)
		srv := echoServer()
		srv.ErrorLog = log.logger()
		t.Cleanup(func() { log.want(t, "write") }) // when all has ended
		start(t, n, srv)
		p, q := dial(t, n), dial(t, n)
		began := time.Now()
		var frames [][]byte
		for i := range int32(32) {
			frames = append(frames, frame(wire.Call, "A:b", i, 50<<10))
		}
		for {
			if _, err := p.Write(concat(frames)); err != nil {
				break
			}
			q.send(frame(wire.Call, "A:b", 1, 0))
			q.want(wire.Reply, 1)
		}
		if d := time.Since(began); d < 22*time.Second || d > 38*time.Second {
			t.Errorf("cut after %v, want about 30s", d)
		}
	})
}

// readFull reads len(b) bytes.
func readFull(p *peer, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = p.r.Read(b[n:])
		n += m
	}
	return n, err
}

// recvUnframed reads an unframed reply, and returns the text of an exception.
func (p *peer) recvUnframed() (wire.Header, string) {
	p.t.Helper()
	p.SetReadDeadline(time.Now().Add(10 * time.Second))
	var r wire.MessageReader
	r.Reset(wire.Binary, wire.Limits{})
	var b []byte
	for {
		c, err := p.r.ReadByte()
		if err != nil {
			p.t.Fatalf("after % x: %v", b, err)
		}
		b = append(b, c)
		h, end, n, err := r.Next(b)
		if err != nil {
			p.t.Fatal(err)
		}
		if n > 0 {
			_, text, _ := wire.ParseException(wire.Binary, b[h.Size:end])
			return h, text
		}
	}
}
