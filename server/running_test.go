package server_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

func TestPipelinedCallsRunAtOnceAndAreAnsweredInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			g.pass()
			return nil
		}))
		p := dial(t, n)
		for i := range int32(10) {
			p.send(frame(wire.Call, "A:slow", i, 0))
		}
		g.await(10) // hangs if they run in series
		g.open()
		p.want(wire.Reply, seqids(0, 10)...)
	})
}

func TestRepliesKeepTheOrderWhenHandlersDoNot(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		const calls = 50
		var turn [calls + 1]chan struct{}
		for i := range turn {
			turn[i] = make(chan struct{})
		}
		close(turn[calls])
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			<-turn[req.SeqID+1] // the last ends first
			close(turn[req.SeqID])
			return nil
		}))
		p := dial(t, n)
		var frames [][]byte
		for i := range int32(calls) {
			frames = append(frames, frame(wire.Call, "A:b", i, int(i)*100))
		}
		p.send(frames...)
		p.want(wire.Reply, seqids(0, calls)...)
	})
}

// TestShortBlockingCallsOverlap: each call of a batch waits until all of them run.
func TestShortBlockingCallsOverlap(t *testing.T) {
	const calls, rounds = 32, 50
	onBoth(t, func(t *testing.T, n *network) {
		var gates [rounds]*gate
		var in [rounds]atomic.Int32
		for i := range gates {
			gates[i] = newGate(t)
		}
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			round := req.SeqID / calls
			if in[round].Add(1) == calls {
				gates[round].open()
			}
			gates[round].pass()
			return nil
		}))
		p := dial(t, n)
		for round := range int32(rounds) {
			var frames [][]byte
			for i := range int32(calls) {
				frames = append(frames, frame(wire.Call, "A:b", round*calls+i, 100))
			}
			p.send(frames...)
			p.want(wire.Reply, seqids(round*calls, calls)...)
		}
	})
}

func TestASlowCallDelaysNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		ran := make(chan int32, 10)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			if req.Method == "slow" {
				g.pass()
			}
			ran <- req.SeqID
			return nil
		}))
		a, b := dial(t, n), dial(t, n)
		a.send(frame(wire.Call, "A:slow", 1, 0))
		g.await(1) // it runs alone, on the goroutine that reads
		a.send(frame(wire.Call, "A:quick", 2, 0))
		if got := <-ran; got != 2 {
			t.Fatalf("call %d ended first", got)
		}
		b.send(frame(wire.Call, "A:quick", 3, 0))
		b.want(wire.Reply, 3)
		g.open()
		a.want(wire.Reply, 1, 2)
	})
}

func TestWillBlockFreesTheReadingAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			req.WillBlock()
			req.WillBlock()
			g.pass()
			return nil
		}))
		p := dial(t, n)
		began := time.Now()
		for i := range int32(20) {
			p.send(frame(wire.Call, "A:b", i, 0))
			g.await(1)
		}
		if d := time.Since(began); isFake(t) && d > 0 {
			t.Errorf("the calls started after %v, want at once", d)
		}
		g.open()
		p.want(wire.Reply, seqids(0, 20)...)
	})
}

// isFake reports whether the test runs in memory, on fake time.
func isFake(t *testing.T) bool { return time.Now().Year() == 2000 }

func TestAOnewayIsABarrier(t *testing.T) {
	for _, concurrent := range []bool{false, true} {
		onBoth(t, func(t *testing.T, n *network) {
			g := newGate(t)
			ran := make(chan string, 10)
			srv := handle(func(ctx context.Context, req *mux.Request) error {
				if req.Type == wire.Oneway {
					g.pass()
				}
				ran <- req.Method
				return nil
			})
			srv.ConcurrentOneway = concurrent
			start(t, n, srv)
			p := dial(t, n)
			p.send(frame(wire.Oneway, "A:note", 1, 0), frame(wire.Call, "A:after", 2, 0))
			g.await(1)
			if concurrent {
				if got := <-ran; got != "after" {
					t.Fatalf("%s ended first", got)
				}
				p.want(wire.Reply, 2)
				g.open()
				return
			}
			// Another connection's call shows that time enough has passed.
			q := dial(t, n)
			q.send(frame(wire.Call, "A:other", 3, 0))
			q.want(wire.Reply, 3)
			if got := <-ran; got != "other" {
				t.Fatalf("%s ran behind a oneway that still runs", got)
			}
			g.open()
			p.want(wire.Reply, 2)
			if a, b := <-ran, <-ran; a != "note" || b != "after" {
				t.Errorf("ran %s, then %s", a, b)
			}
		})
	}
}

func TestMaxCallsPerConnOfOneIsASeries(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		var in atomic.Int32
		var next int32
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			if in.Add(1) != 1 || req.SeqID != next {
				t.Errorf("call %d runs beside another, or before its turn %d", req.SeqID, next)
			}
			next++
			runtime.Gosched()
			in.Add(-1)
			return nil
		})
		srv.MaxCallsPerConn = 1
		start(t, n, srv)
		p := dial(t, n)
		var frames [][]byte
		for i := range int32(200) {
			frames = append(frames, frame(wire.Call, "A:b", i, 0))
		}
		p.send(frames...)
		p.want(wire.Reply, seqids(0, 200)...)
	})
}

func TestAFailureAnswersThatCallAlone(t *testing.T) {
	// A panic in a handler and in a filter, and runtime.Goexit in both, alone on
	// the goroutine that reads, in a batch, and as a oneway.
	onBoth(t, func(t *testing.T, n *network) {
		fail := func(how string) error {
			switch how {
			case "panic":
				panic("secret")
			case "goexit":
				runtime.Goexit()
			case "error":
				return errors.New("secret")
			}
			return nil
		}
		m := mux.New()
		m.Handle("A", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			return mux.Reply{Type: wire.Reply, Body: append(req.Scratch, 0)}, fail(req.Method)
		}))
		filter := func(next mux.Handler) mux.Handler {
			return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				if req.Service == "filter" {
					fail(req.Method)
				}
				return next.ServeThrift(ctx, req)
			})
		}
		start(t, n, &server.Server{Handler: m, Filters: []mux.Filter{filter}})
		p := dial(t, n)
		check := func(id int32) {
			t.Helper()
			a, err := p.recv()
			if err != nil {
				t.Fatalf("call %d: %v", id, err)
			}
			if code, text := a.code(); a.seqid != id || code != int32(mux.InternalError) || text != "internal error" {
				t.Fatalf("call %d: got seqid %d, code %d %q", id, a.seqid, code, text)
			}
		}
		id := int32(0)
		for _, name := range []string{"A:panic", "A:goexit", "A:error", "filter:panic", "filter:goexit"} {
			p.send(frame(wire.Call, name, id, 0)) // alone
			check(id)
			p.send(frame(wire.Oneway, name, 0, 0))
			p.send(frame(wire.Call, "A:fine", id+1, 0), frame(wire.Call, name, id+2, 0), frame(wire.Call, "A:fine", id+3, 0))
			p.want(wire.Reply, id+1)
			check(id + 2)
			p.want(wire.Reply, id+3)
			id += 4
		}
	})
}

func TestManyConnectionsAtOnce(t *testing.T) {
	n := onLoopback(t)
	start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
		if req.SeqID%7 == 0 {
			runtime.Gosched()
		}
		return nil
	}))
	var wg sync.WaitGroup
	for range 32 {
		p := dial(t, n)
		wg.Go(func() {
			for i := range int32(100) {
				depth := i%8 + 1
				var frames [][]byte
				for j := range depth {
					frames = append(frames, frame(wire.Call, "A:b", j, int(i*j)))
				}
				if _, err := p.Write(concat(frames)); err != nil {
					t.Error(err)
					return
				}
				for j := range depth {
					a, err := p.recv()
					if err != nil || a.seqid != j || len(a.body) != len(body(int(i*j))) {
						t.Errorf("got %d with %d bytes, %v; want %d", a.seqid, len(a.body), err, j)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

func concat(frames [][]byte) []byte {
	var b []byte
	for _, f := range frames {
		b = append(b, f...)
	}
	return b
}

// TestAHandlerThatChangesItsRequest does no harm to the order of replies, in which the
// call has its place.
func TestAHandlerThatChangesItsRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		start(t, n, handle(func(_ context.Context, req *mux.Request) error {
			if req.Method == "odd" {
				req.Type = wire.Oneway
			}
			return nil
		}))
		p := dial(t, n)
		for range tries {
			p.send(frame(wire.Call, "A:b", 1, 0), frame(wire.Call, "A:odd", 2, 0), frame(wire.Call, "A:b", 3, 0))
			p.want(wire.Reply, 1, 3)
			p.send(frame(wire.Call, "A:odd", 4, 0), frame(wire.Call, "A:b", 5, 0))
			p.want(wire.Reply, 5)
		}
	})
}
