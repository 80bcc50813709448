package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// TestLongRepliesEndWithTheSession resets sessions in which long replies wait for their
// turns, at moments of all kinds: nothing of them is counted afterwards.
func TestLongRepliesEndWithTheSession(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(_ context.Context, req *mux.Request) error {
			if req.Method == "wait" {
				g.pass()
			}
			return nil
		})
		start(t, n, srv)
		for calls := range uint32(8) {
			p := dialMux(t, n)
			p.negotiate(1000)
			var frames [][]byte
			for tag := range calls + 1 {
				frames = append(frames, dispatch(2+tag, "A:b", 50_000))
			}
			// The writing is left to whoever has run the last call.
			p.send(append(frames, dispatch(100, "A:wait", 0))...)
			g.await(1)
			if calls%2 == 0 {
				synctest.Wait()
			}
			n.reset(p.Conn)
		}
		g.open()
		synctest.Wait()
		if calls, bytes := server.Held(srv); calls != 0 || bytes != 0 {
			t.Errorf("%d calls and %d bytes are counted for sessions that have ended", calls, bytes)
		}
	})
}

// unreadFlood is what a client may send for ever without reading an answer.
type unreadFlood struct {
	name  string
	setup func(srv *server.Server)
	begin func(t *testing.T, n *network) *peer
	next  func(i int) []byte
}

// openedMux opens a ThriftMux session without a handshake.
func openedMux(t *testing.T, n *network) *peer {
	p := dialMux(t, n)
	p.send(ping(1))
	p.want(thriftmux.Rping, 1)
	return p.peer
}

var unreadFloods = []unreadFlood{
	{"pings", nil, openedMux, func(int) []byte { return ping(7) }},
	{"ThriftMux calls that are refused",
		func(srv *server.Server) { srv.MaxCallsPerConn = 1 },
		func(t *testing.T, n *network) *peer {
			p := openedMux(t, n)
			p.send(dispatch(2, "A:wait", 0))
			return p
		},
		func(i int) []byte { return dispatch(3+uint32(i%1000), "A:b", 0) }},
	{"messages that are unknown", nil, openedMux, func(int) []byte { return thriftmux.AppendEmpty(nil, thriftmux.Rping, 7) }},
	{"ThriftMux calls that fail", nil, openedMux, func(i int) []byte { return tdispatch(uint32(i%1000), []byte{1, 2, 3}, thriftmux.Pairs{}) }},
	{"ThriftMux calls", nil, openedMux, func(i int) []byte { return dispatch(2+uint32(i%1000), "A:b", 200) }},
	{"framed calls of an unknown type", nil, func(t *testing.T, n *network) *peer {
		p := dial(t, n)
		p.send(frame(wire.Call, "A:b", 1, 0))
		p.want(wire.Reply, 1)
		return p
	}, func(i int) []byte { return frame(wire.Reply, "A:b", int32(i), 0) }},
	{"framed calls that are refused", func(srv *server.Server) { srv.MaxCalls = -1 }, dial,
		func(i int) []byte { return frame(wire.Call, "A:refuse", int32(i), 0) }},
	{"Finagle's probes", nil, dial, func(i int) []byte { return frame(wire.Call, "__can__finagle__trace__v3__", int32(i), 0) }},
	{"THeader calls that cannot be read", nil, dial, func(i int) []byte { return headerFrame(int32(i), []byte{0, 1, 9}, nil) }},
}

// TestAFloodThatIsNotReadIsNotAnswered: what waits for a client that does not read is
// bounded, whatever it is that waits: nothing more is read of the client then.
func TestAFloodThatIsNotReadIsNotAnswered(t *testing.T) {
	for _, f := range unreadFloods {
		t.Run(f.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				g := newGate(t)
				srv := handle(func(_ context.Context, req *mux.Request) error {
					switch req.Method {
					case "wait":
						g.pass()
					case "refuse":
						return mux.Errorf(mux.Overloaded, "no")
					}
					return nil
				})
				srv.MaxBytes = 2 << 20
				if f.setup != nil {
					f.setup(srv)
				}
				start(t, n, srv)
				p := f.begin(t, n)
				p.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)) // on fake time
				sent := 0
				for i := 0; sent < 32<<20; i++ {
					var b []byte
					for range 100 {
						b = append(b, f.next(i)...)
						i++
					}
					k, err := p.Write(b)
					if sent += k; err != nil {
						break
					}
				}
				if sent >= 32<<20 {
					t.Errorf("all of %d bytes were taken of a client that does not read", sent)
				}
				if _, bytes := server.Held(srv); bytes > 2<<20 {
					t.Errorf("%d bytes are held for a client that does not read", bytes)
				}
				q := dial(t, n)
				q.send(frame(wire.Call, "A:b", 1, 100))
				q.want(wire.Reply, 1)
				g.open()
			})
		})
	}
}

// TestAClientThatReadsIsReadOn: a stalled session goes on as soon as its client reads.
func TestAClientThatReadsIsReadOn(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		start(t, n, echoServer())
		p := dialMux(t, n)
		p.negotiate(0)
		const pings = 100_000
		go func() {
			for range pings / 100 {
				var b []byte
				for range 100 {
					b = append(b, ping(7)...)
				}
				if _, err := p.Write(b); err != nil {
					return
				}
			}
		}()
		time.Sleep(20 * time.Second) // less than WriteTimeout
		for range pings {
			p.want(thriftmux.Rping, 7)
		}
	})
}

// TestGreedyConnectionsLeaveRoom: connections that take all they can, one after the
// other or at once, leave room for the calls of a newcomer, whether it is their
// requests or their replies that take it.
func TestGreedyConnectionsLeaveRoom(t *testing.T) {
	const max = 32 << 20
	for _, greedy := range []int{1, 3, 7, 15} {
		for _, what := range []string{"requests", "replies"} {
			t.Run(fmt.Sprintf("%d with %s", greedy, what), func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *network) {
					g := newGate(t)
					small := body(1000)
					srv := &server.Server{MaxBytes: max, MaxCalls: -1, Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
						switch req.Method {
						case "hold":
							g.pass()
						case "reply":
							return mux.Reply{Type: wire.Reply, Body: small}, nil
						}
						return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
					})}
					if what == "requests" {
						srv.MaxCallsPerConn = -1
					}
					start(t, n, srv)
					for range greedy {
						p := dial(t, n)
						go func() {
							for i := int32(0); ; i++ {
								f := frame(wire.Call, "A:reply", i, 500)
								if what == "requests" {
									f = frame(wire.Call, "A:hold", i, 20_000)
								}
								if _, err := p.Write(f); err != nil {
									return
								}
							}
						}()
					}
					time.Sleep(2 * notice) // a call that runs alone is found to take long
					synctest.Wait()
					_, bytes := server.Held(srv)
					if bytes > max*15/16 { // a batch that was read may overshoot
						t.Errorf("%d bytes are held", bytes)
					}
					if bytes < max*3/8 {
						t.Errorf("only %d bytes are held", bytes)
					}
					q := dial(t, n)
					q.send(frame(wire.Call, "A:b", 1, 20_000))
					q.want(wire.Reply, 1)
					g.open()
				})
			})
		}
	}
}

// heldReplies makes a server that holds n connections' replies of size bytes, which wait for
// the turn of a call before them. free lets them go.
func heldReplies(t *testing.T, n *network, srv *server.Server, conns, size int) (free func()) {
	g := newGate(t)
	large := body(size)
	srv.Handler = mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		switch req.Method {
		case "hold":
			g.pass()
		case "large":
			return mux.Reply{Type: wire.Reply, Body: large}, nil
		}
		return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
	})
	start(t, n, srv)
	var holders []*peer
	for i := range conns {
		p := dial(t, n)
		p.send(frame(wire.Call, "A:hold", 1, 0), frame(wire.Call, "A:large", 2, 0))
		g.await(1)
		for held := int64(0); held < int64(size*(i+1)); _, held = server.Held(srv) {
			runtime.Gosched()
		}
		holders = append(holders, p)
	}
	return func() {
		g.open()
		for _, p := range holders {
			p.want(wire.Reply, 1, 2)
		}
	}
}

// TestSmallCallsOfOthersAreOverloaded: while one client holds MaxBytes, the calls of
// others are told that they were not run, in every dialect, and their connections live
// on where they can.
func TestSmallCallsOfOthersAreOverloaded(t *testing.T) {
	full := func(t *testing.T, n *network) (free func()) {
		srv := &server.Server{MaxBytes: 1 << 20, MaxMessageSize: 400 << 10}
		return heldReplies(t, n, srv, 4, 300<<10) // the last takes more than is free
	}
	for _, size := range []int{0, 200 << 10} {
		t.Run(fmt.Sprintf("ThriftMux, %d bytes", size), func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				free := full(t, n)
				p := dialMux(t, n)
				p.negotiate(0)
				p.send(dispatch(2, "A:b", size))
				p.wantNack(2, refusedHere)
				pieces := cut(dispatch(3, "A:b", size+100), 50+size/3)
				for i, piece := range pieces {
					p.send(piece, ping(1))
					if i < len(pieces)-1 {
						p.want(thriftmux.Rping, 1)
					}
				}
				p.wantNackAndPing(3)
				free()
				p.send(dispatch(2, "A:b", size))
				p.wantReply(2)
			})
		})
		for _, f := range forms {
			t.Run(fmt.Sprintf("%v, %d bytes", f, size), func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *network) {
					free := full(t, n)
					s := speak(t, n, f)
					call := msg{typ: wire.Call, name: "A:b", seqid: 5, body: f.encode(t, &bar.BarApiBlobArgs{Data: noise(size)})}
					s.send(call)
					s.wantException("b", 5, mux.Overloaded)
					if f.transport == wire.Buffered && size > 0 {
						s.wantClosed() // nobody knows where the call ends without all of it
						free()
						return
					}
					free()
					s.send(call)
					if m := s.recv(); m.typ != wire.Reply || m.seqid != 5 {
						t.Errorf("got %v %d", m.typ, m.seqid)
					}
				})
			})
		}
		t.Run(fmt.Sprintf("HTTP, %d bytes", size), func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				free := full(t, n)
				c := browser(n)
				defer c.CloseIdleConnections()
				message := httpMessage(wire.Binary, wire.Call, "A:b", 5, string(body(size)))
				r, text := post(t, c, "application/x-thrift", message)
				if size > 0 {
					if r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "not run") {
						t.Errorf("status %d, %q", r.StatusCode, text)
					}
				} else {
					wantException(t, text, mux.Overloaded, "not run")
				}
				free()
				if r, _ := post(t, c, "application/x-thrift", message); r.StatusCode != http.StatusOK {
					t.Errorf("status %d", r.StatusCode)
				}
			})
		})
	}
}

// noise is n bytes that do not compress, the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// TestStuckClientsAreCut: while the server is short of room, those are cut that have
// taken none of their replies, or sent no more of a message, for a second, the largest
// first; those that go on are not, and nobody is while there is room.
func TestStuckClientsAreCut(t *testing.T) {
	const max = 16 << 20
	inBubble(t, func(t *testing.T, n *network) {
		g, r, log := newGate(t), &refusals{}, new(logbook)
		srv := &server.Server{MaxBytes: max, WriteTimeout: -1, Observer: r.observer(), ErrorLog: log.logger(), Handler: mux.HandlerFunc(
			func(_ context.Context, req *mux.Request) (mux.Reply, error) {
				if req.Method == "hold" {
					g.pass()
				}
				return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
			})}
		start(t, n, srv)
		unread := func(size int) *peer {
			p := dial(t, n)
			p.send(frame(wire.Call, "A:b", 1, size))
			synctest.Wait()
			return p
		}
		// The one that reads takes a little each 300 ms, the one that sends likewise.
		var ended atomic.Bool
		sent := make(chan struct{})
		reader, sender := unread(1<<20), dial(t, n)
		whole := frame(wire.Call, "A:b", 1, 1<<20)
		go func() {
			defer close(sent)
			for at := 0; at < len(whole); at += 10_000 {
				if _, err := sender.Write(whole[at:min(len(whole), at+10_000)]); err != nil {
					t.Errorf("the one that sends was cut: %v", err)
					return
				}
				time.Sleep(300 * time.Millisecond)
			}
		}()
		got := make(chan int64, 1)
		go func() {
			n := int64(0)
			for !ended.Load() {
				k, err := io.CopyN(io.Discard, reader.Conn, 10_000)
				if n += k; err != nil {
					break
				}
				time.Sleep(300 * time.Millisecond)
			}
			got <- n
		}()
		small, large := unread(1500<<10), unread(2<<20)
		half := dial(t, n)
		part := frame(wire.Call, "A:b", 1, 6<<20)
		half.send(part[:3<<20])
		time.Sleep(10 * time.Second)
		r.want(t, "MaxBytes", 0) // there is room
		takeRoom := func(size int) (runner *peer) {
			runner = dial(t, n)
			runner.send(frame(wire.Call, "A:hold", 1, size))
			g.await(1)
			if _, bytes := server.Held(srv); bytes < max*3/4 {
				t.Fatalf("%d bytes are held, want more than three quarters of %d", bytes, max)
			}
			time.Sleep(5 * time.Second)
			if _, bytes := server.Held(srv); bytes > max*3/4 {
				t.Errorf("%d bytes are still held", bytes)
			}
			return runner
		}
		first := takeRoom(3200 << 10)
		log.want(t, "sent no more of a message")
		half.wantEnd()
		second := takeRoom(4010 << 10)
		large.wantBroken()
		r.want(t, "MaxBytes", 2)
		// The others had no reason to be cut: there was room again.
		ended.Store(true)
		small.want(wire.Reply, 1)
		g.open()
		first.want(wire.Reply, 1)
		second.want(wire.Reply, 1)
		<-sent
		sender.want(wire.Reply, 1)
		if n := <-got; n < 500_000 {
			t.Errorf("the one that reads got %d bytes", n)
		}
	})
}

// wantBroken checks that the server has broken the connection off within a reply.
func (p *peer) wantBroken() {
	p.t.Helper()
	p.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := p.recv(); err == nil {
		p.t.Error("got a whole reply, want the end within it")
	}
}

// TestANewcomerIsServedPastTheLimit: replies whose size nobody knew may take a server
// past MaxBytes. A connection that holds little is served all the same.
func TestANewcomerIsServedPastTheLimit(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		const max = 1 << 20
		g := newGate(t)
		big := body(100 << 10)
		srv := &server.Server{MaxBytes: max, Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Method == "big" {
				g.pass()
				return mux.Reply{Type: wire.Reply, Body: big}, nil
			}
			return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
		})}
		start(t, n, srv)
		p := dial(t, n)
		for i := range int32(11) {
			p.send(frame(wire.Call, "A:big", i, 0))
		}
		g.await(11)
		g.open()
		synctest.Wait()
		if _, bytes := server.Held(srv); bytes <= max {
			t.Fatalf("%d bytes are held, want more than MaxBytes", bytes)
		}
		q := dial(t, n)
		q.send(frame(wire.Call, "A:echo", 1, 100))
		q.want(wire.Reply, 1)
		m := dialMux(t, n)
		m.send(dispatch(2, "A:echo", 100))
		m.wantReply(2)
		resp, _ := post(t, browser(n), xthrift, httpMessage(wire.Binary, wire.Call, "A:echo", 1, "\x00"))
		if resp.StatusCode != http.StatusOK {
			t.Errorf("HTTP status %d", resp.StatusCode)
		}
	})
}

// TestRepliesOfABrokenConnectionAreDropped: replies that wait for their turns behind a
// call that runs are not held for a client that is gone.
func TestRepliesOfABrokenConnectionAreDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		g, late := newGate(t), newGate(t)
		big := body(100 << 10)
		srv := &server.Server{Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			switch req.Method {
			case "wait":
				g.pass()
			case "late":
				late.pass()
			}
			return mux.Reply{Type: wire.Reply, Body: big}, nil
		})}
		start(t, n, srv)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:wait", 0, 0), frame(wire.Call, "A:b", 1, 0), frame(wire.Call, "A:b", 2, 0), frame(wire.Call, "A:late", 3, 0))
		g.await(1)
		late.await(1)
		synctest.Wait()
		if _, bytes := server.Held(srv); bytes < 2*100<<10 {
			t.Fatalf("%d bytes are held, want two replies", bytes)
		}
		n.reset(p.Conn)
		synctest.Wait()
		late.open()
		synctest.Wait()
		if _, bytes := server.Held(srv); bytes > 100<<10 {
			t.Errorf("%d bytes are held for a client that is gone", bytes)
		}
		g.open()
	})
}

// TestAReaderIsNotCutForOthers: when replies of others have taken the server past
// MaxBytes, a client that holds little beside them gets its replies.
func TestAReaderIsNotCutForOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		const max = 16 << 20
		others, own := newGate(t), newGate(t)
		big := body(100 << 10)
		srv := &server.Server{MaxBytes: max, Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Method == "own" {
				own.pass()
			} else {
				others.pass()
			}
			return mux.Reply{Type: wire.Reply, Body: big}, nil
		})}
		start(t, n, srv)
		calls := func(p *peer, method string, n int32) {
			for i := range n {
				p.send(frame(wire.Call, "A:"+method, i, 0))
			}
		}
		p := dial(t, n)
		calls(p, "own", 5)
		own.await(5)
		for range 34 {
			calls(dial(t, n), "other", 5)
		}
		others.await(34 * 5)
		others.open()
		synctest.Wait()
		if _, bytes := server.Held(srv); bytes <= max {
			t.Fatalf("%d bytes are held, want more than MaxBytes", bytes)
		}
		own.open()
		synctest.Wait()
		p.want(wire.Reply, seqids(0, 5)...)
	})
}
