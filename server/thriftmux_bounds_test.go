package server_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/server"
)

const refusedHere = thriftmux.Retryable | thriftmux.Rejected

// TestMuxBoundsOnCalls: what is over a bound is refused so that a client sends it
// elsewhere, and pings are answered all the while.
func TestMuxBoundsOnCalls(t *testing.T) {
	for _, bound := range []string{"MaxCallsPerConn", "MaxCalls", "MaxConnBytes"} {
		t.Run(bound, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *network) {
				g, r := newGate(t), &refusals{}
				srv := handle(func(ctx context.Context, req *mux.Request) error {
					if req.Method == "wait" {
						g.pass()
					}
					return nil
				})
				srv.Observer = r.observer()
				switch bound {
				case "MaxCallsPerConn":
					srv.MaxCallsPerConn = 3
				case "MaxCalls":
					srv.MaxCalls = 3
				case "MaxConnBytes":
					srv.MaxConnBytes = 100_000
				}
				start(t, n, srv)
				p := dialMux(t, n)
				p.negotiate(0)
				for _, tag := range tags(2, 3) {
					p.send(dispatch(tag, "A:wait", 35_000))
					g.await(1)
				}
				for tag := uint32(5); tag < 10; tag++ {
					p.send(dispatch(tag, "A:b", 0), ping(1))
					p.wantNackAndPing(tag)
				}
				r.want(t, bound, 5)
				g.open()
				if sum := p.answered() + p.answered() + p.answered(); sum != 2+3+4 {
					t.Errorf("the tags of the answers make %d", sum)
				}
				p.send(ping(1)) // written by who has counted the answers as written
				p.want(thriftmux.Rping, 1)
				p.send(dispatch(5, "A:b", 0))
				p.wantReply(5)
			})
		})
	}
}

// wantNackAndPing reads both, in whatever order they come.
func (p *muxPeer) wantNackAndPing(tag uint32) {
	p.t.Helper()
	for range 2 {
		f, err := p.frame()
		if err != nil {
			p.t.Fatal(err)
		}
		if f.Type == thriftmux.Rping {
			continue
		}
		r, err := thriftmux.ParseRdispatch(f.Body, thriftmux.Limits{})
		if err != nil || f.Tag != tag || r.Status != thriftmux.StatusNack || r.Failure() != refusedHere {
			p.t.Fatalf("got %v on tag %d: status %d %q %v", f.Type, f.Tag, r.Status, r.Payload, err)
		}
	}
}

// TestMuxCallTakenBackCounts: a handler that does not stop still takes room.
func TestMuxCallTakenBackCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			g.pass()
			return nil
		})
		srv.MaxCallsPerConn = 1
		start(t, n, srv)
		p := dialMux(t, n)
		p.send(dispatch(2, "A:b", 0))
		g.await(1)
		p.send(thriftmux.AppendTdiscarded(nil, 2, "no"), dispatch(2, "A:b", 0))
		p.want(thriftmux.Rdiscarded, 2)
		p.wantNack(2, refusedHere)
		g.open()
	})
}

// TestMuxTooLarge: a call that is too large is told so, and the session ends.
func TestMuxTooLarge(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		for _, pieces := range []bool{false, true} {
			r := &refusals{}
			srv := echoServer()
			srv.MaxMessageSize, srv.Observer = 10_000, r.observer()
			p := serveMux(t, srv)
			call := dispatch(2, "A:b", 10_000)
			if !pieces {
				p.send(call[:5000]) // the rest is not needed to know
			}
			for _, f := range cut(call, 3000) {
				if pieces {
					p.send(f)
				}
			}
			res := p.response(2)
			if res.Status != thriftmux.StatusError || res.Failure() != thriftmux.NonRetryable || len(res.Payload) == 0 {
				t.Errorf("status %d, flags %d, %q", res.Status, res.Failure(), res.Payload)
			}
			p.wantEnd()
			r.want(t, "MaxMessageSize", 1)
		}
	})
}

// serveMux starts a server of its own in memory, and a session on it.
func serveMux(t *testing.T, srv *server.Server) *muxPeer {
	t.Helper()
	n := inMemory()
	start(t, n, srv)
	p := dialMux(t, n)
	p.negotiate(0)
	return p
}

// cut cuts a frame into fragments of at most window bytes.
func cut(frame []byte, window int) [][]byte {
	f, _, err := thriftmux.ParseFrame(frame, -1)
	if err != nil {
		panic(err)
	}
	var out [][]byte
	for s, more := thriftmux.Split(f.Type, f.Tag, f.Body, window), true; more; {
		var b []byte
		b, more = s.Next(nil)
		out = append(out, b)
	}
	return out
}

// TestMuxHeaderBytes: a call with too many headers fails alone.
func TestMuxHeaderBytes(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		srv := echoServer()
		srv.MaxHeaderBytes = 1000
		start(t, n, srv)
		p := dialMux(t, n)
		p.negotiate(0)
		p.send(tdispatch(2, message("A:b", 2, 0), contexts(t, "k", string(make([]byte, 1000)))), dispatch(3, "A:b", 5000))
		if r := p.response(2); r.Status != thriftmux.StatusError || r.Failure() != thriftmux.NonRetryable {
			t.Errorf("status %d, flags %d, %q", r.Status, r.Failure(), r.Payload)
		}
		p.wantReply(3)
	})
}

// TestMuxFragmentsThatStop: what came of a call is not kept for ever.
func TestMuxFragmentsThatStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &refusals{}
		srv := echoServer()
		srv.MessageTimeout, srv.Observer = time.Minute, r.observer()
		p := serveMux(t, srv)
		whole, part := cut(dispatch(2, "A:b", 5000), 1000), cut(dispatch(3, "A:b", 5000), 1000)
		p.send(part[0])
		p.send(whole[:len(whole)-1]...)
		<-time.After(59 * time.Second)
		p.send(whole[len(whole)-1], ping(1))
		if f := p.want(thriftmux.Rping, 1); f.Tag == 1 {
			p.wantReply(2)
		}
		began := time.Now()
		if _, err := p.frame(); err == nil || time.Since(began) != time.Second {
			t.Errorf("the session ended with %v, %v later", err, time.Since(began))
		}
		r.want(t, "MessageTimeout", 1)
	})
}

// TestMuxStoredFragments: the bytes of calls that are not whole count. Those that have
// no room are refused when their last piece has come, so that a client sends them
// elsewhere, and the session lives on.
func TestMuxStoredFragments(t *testing.T) {
	for _, bound := range []string{"MaxBytes", "MaxConnBytes", "MaxCallsPerConn"} {
		t.Run(bound, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const calls = 10
				r := &refusals{}
				srv := echoServer()
				srv.Observer = r.observer()
				switch bound {
				case "MaxBytes":
					srv.MaxBytes = 100_000
				case "MaxConnBytes":
					srv.MaxConnBytes = 50_000 // the session's limit on all that it stores
				case "MaxCallsPerConn":
					srv.MaxCallsPerConn = calls - 1
				}
				p := serveMux(t, srv)
				var ends [][]byte
				for tag := range uint32(calls) {
					pieces := cut(dispatch(2+tag, "A:b", 20_000), 15_000)
					if _, err := p.Write(pieces[0]); err != nil {
						t.Fatal(err)
					}
					ends = append(ends, pieces[1])
				}
				stored, refused := 0, 0
				for i, end := range ends {
					p.send(end)
					switch res := p.response(2 + uint32(i)); {
					case res.Status == thriftmux.StatusOK:
						stored++
					case res.Status == thriftmux.StatusNack && res.Failure() == refusedHere:
						refused++
					default:
						t.Errorf("call %d: status %d, flags %d", i, res.Status, res.Failure())
					}
				}
				if want := map[string]int{"MaxCallsPerConn": calls - 1}[bound]; stored != want && (stored < 2 || stored > 3) {
					t.Errorf("%d calls were stored, want %d, or 2 or 3", stored, want)
				}
				r.want(t, bound, refused)
				p.send(dispatch(2, "A:b", 0))
				p.wantReply(2)
			})
		})
	}
}

// TestMuxClientThatDoesNotRead: what waits for it is bounded.
func TestMuxClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		srv := echoServer()
		srv.MaxConnBytes = 200_000
		start(t, n, srv)
		p := dialMux(t, n)
		p.negotiate(1000)
		p.SetWriteDeadline(time.Now().Add(time.Hour))
		var err error
		for tag := uint32(2); err == nil && tag < 10_000; tag++ {
			_, err = p.Write(append(dispatch(tag, "A:b", 30_000), ping(1)...))
		}
		if err == nil {
			t.Error("all was taken")
		}
		if d := time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); d > time.Minute {
			t.Errorf("it took %v", d)
		}
	})
}

// TestMuxLargeRequestInPieces sends a call in fragments of all sizes, with other
// messages between them.
func TestMuxLargeRequestInPieces(t *testing.T) {
	v := vectors(t)
	onBoth(t, func(t *testing.T, n *network) {
		start(t, n, echoServer())
		p := dialMux(t, n)
		p.negotiate(0)
		for _, window := range []int{1, 2, 7, 48, 100} {
			for i, f := range cut(tdispatch(2, message("A:b", 2, 10), contexts(t, "a", "b")), window) {
				p.send(f, ping(uint32(i)))
				p.want(thriftmux.Rping, uint32(i))
			}
			p.wantReply(2)
		}
		for i := 1; i <= 6; i++ {
			p.send(v[fmt.Sprintf("fragmented-request-%d", i)])
		}
		r := p.response(2)
		if r.Status != thriftmux.StatusOK {
			t.Errorf("status %d %q", r.Status, r.Payload)
		}
		// Two at a time, in turns, and one that is taken back in the middle.
		a, b := cut(dispatch(3, "A:b", 1<<20), 100_000), cut(dispatch(4, "A:b", 1<<20), 100_000)
		for i := range a {
			p.send(a[i], b[i])
			if i == 4 {
				p.send(thriftmux.AppendTdiscarded(nil, 4, "no"))
				break
			}
		}
		p.send(a[5:]...)
		p.wantReply(3)
		p.send(append(b, ping(1))...)
		f, err := p.frame()
		for ; err == nil && f.Type == thriftmux.Rping; f, err = p.frame() {
		}
		if err != nil || f.Tag != 4 || len(f.Body) < 1<<20 {
			t.Errorf("got %v on tag %d, %d bytes, %v", f.Type, f.Tag, len(f.Body), err)
		}
	})
}

// TestMuxLongReplyInPieces: a short reply passes long ones, which take turns. The
// window is respected, and the pieces make the messages.
func TestMuxLongReplyInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window, size = 10_000, 1 << 20
		n := inMemory()
		start(t, n, echoServer())
		p := dialMux(t, n)
		p.negotiate(window)
		for tag, name := range []string{2: "A:long", 3: "A:long", 4: "A:short"} {
			if name != "" {
				p.send(dispatch(uint32(tag), name, size*(4-tag)/2))
				synctest.Wait() // for the reply, of which the network takes 64 KiB
			}
		}
		var joiner thriftmux.Assembler
		var order []uint32
		turns, last := 0, uint32(0)
		for len(order) < 3 {
			f := mustFrame(p)
			if len(f.Body) > window {
				t.Fatalf("a piece of %d bytes", len(f.Body))
			}
			if f.Tag != last {
				turns, last = turns+1, f.Tag
			}
			body, done, err := joiner.Add(f)
			if err != nil {
				t.Fatal(err)
			}
			if done {
				order = append(order, f.Tag)
				if want := size * (4 - int(f.Tag)) / 2; len(body) < want {
					t.Errorf("a reply of %d bytes, want more than %d", len(body), want)
				}
			}
		}
		if fmt.Sprint(order) != "[4 3 2]" {
			t.Errorf("the replies ended in the order %v", order)
		}
		if turns < size/window/2 {
			t.Errorf("%d turns", turns)
		}
		p.send(dispatch(2, "A:b", 0), dispatch(3, "A:b", 0)) // their tags are free
		if sum := p.answered() + p.answered(); sum != 5 {
			t.Errorf("the tags of the answers make %d", sum)
		}
	})
}

// TestMuxLongReplyTakenBack: what is left of it is dropped, and the tag is free.
func TestMuxLongReplyTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		start(t, n, echoServer())
		p := dialMux(t, n)
		p.negotiate(10_000)
		p.send(dispatch(2, "A:long", 1<<20)) // 64 KiB of the reply fit into the network
		synctest.Wait()
		p.send(thriftmux.AppendTdiscarded(nil, 2, "no"), ping(1))
		synctest.Wait()
		got := 0
		for {
			f, err := p.frame()
			if err != nil {
				t.Fatal(err)
			}
			if f.Type == thriftmux.Rdiscarded {
				break
			}
			if f.Type != thriftmux.Rdispatch || !f.More {
				t.Fatalf("got %v, more %v", f.Type, f.More)
			}
			got += len(f.Body)
		}
		if got > 1<<18 {
			t.Errorf("%d bytes came before the Rdiscarded", got)
		}
		p.want(thriftmux.Rping, 1)
		p.send(dispatch(2, "A:b", 0))
		p.wantReply(2)
	})
}

// TestMuxReplyVectors compares replies in pieces with Finagle's.
func TestMuxReplyVectors(t *testing.T) {
	v := vectors(t)
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error { return nil }))
		p := dialMux(t, n)
		p.send(v["tinit-check-request"], v["tinit-window-20"])
		p.want(thriftmux.Rerr, 1)
		p.want(thriftmux.Rinit, 1)
		var whole []byte
		var joiner thriftmux.Assembler
		for i := 1; i <= 2; i++ {
			f, _, err := thriftmux.ParseFrame(v[fmt.Sprintf("fragmented-reply-%d", i)], 0)
			if err != nil {
				t.Fatal(err)
			}
			if whole, _, err = joiner.Add(f); err != nil {
				t.Fatal(err)
			}
		}
		// The same reply comes if the call's body is the reply's.
		const header = 1 + 2 + 4 + 4 + len("echo") + 4
		p.send(tdispatch(2, append(message("echo", 1, 0)[:header-3], whole[header:]...), thriftmux.Pairs{}))
		for i := 1; i <= 2; i++ {
			want := v[fmt.Sprintf("fragmented-reply-%d", i)]
			if got := string(thriftmux.AppendFrame(nil, mustFrame(p))); got != string(want) {
				t.Errorf("piece %d is %x, want %x", i, got, want)
			}
		}
	})
}

func mustFrame(p *muxPeer) thriftmux.Frame {
	p.t.Helper()
	f, err := p.frame()
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}
