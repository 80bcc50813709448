package server_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// closeWrite ends the client's side of a connection.
func closeWrite(t *testing.T, p *peer) {
	t.Helper()
	if err := p.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
}

func TestAHalfClosedClientGetsEveryReply(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			if req.SeqID >= 150 {
				g.pass() // still running when the end comes
			}
			return ctx.Err()
		}))
		p := dial(t, n)
		var frames [][]byte
		for i := range int32(200) {
			frames = append(frames, frame(wire.Call, "A:b", i, 100))
		}
		p.send(frames...)
		closeWrite(t, p)
		g.await(50)
		g.open()
		p.want(wire.Reply, seqids(0, 200)...)
		p.wantEnd()
	})
}

// awaitEnd makes a server whose calls last until their context ends, and tells
// of each start and of each context's error.
func awaitEnd(t *testing.T, n *network) (started chan *mux.Request, ended chan error) {
	started, ended = make(chan *mux.Request, 10), make(chan error, 10)
	start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
		started <- req.Clone()
		select {
		case <-ctx.Done():
			ended <- ctx.Err()
		case <-t.Context().Done():
			ended <- nil
		}
		return nil
	}))
	return started, ended
}

func TestAResetEndsTheContextsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		started, ended := awaitEnd(t, n)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:alone", 1, 0))
		<-started
		p.send(frame(wire.Call, "A:second", 2, 0)) // the first one's reading has been taken over
		<-started
		began := time.Now()
		n.reset(p.Conn)
		for range 2 {
			if err := <-ended; err != context.Canceled {
				t.Errorf("got %v", err)
			}
		}
		if d := time.Since(began); isFake(t) && d > 0 {
			t.Errorf("the contexts ended after %v, want at once", d)
		}
	})
}

func TestACloseEndsTheContextsAfterTheGrace(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		started, ended := awaitEnd(t, n)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:alone", 1, 0))
		<-started
		began := time.Now()
		closeWrite(t, p)
		<-ended
		// The end is seen when the reading has been taken over.
		if d := time.Since(began); d < 5*time.Second || d > 5*time.Second+50*time.Millisecond {
			t.Errorf("the context ended after %v, want 5s", d)
		}
	})
}

// TestAnEndInsideAMessageEndsTheContexts: a client that goes away inside a message, or behind bytes that make no sense, is
// gone all the same.
func TestAnEndInsideAMessageEndsTheContexts(t *testing.T) {
	for name, tail := range map[string][]byte{"half a frame": {0, 0, 0, 9, 0x80, 1}, "garbage": {0xff, 0xff, 0xff, 0xff, 1}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				came, ended := make(chan struct{}), make(chan struct{})
				start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
					close(came)
					select {
					case <-ctx.Done():
						close(ended)
					case <-time.After(time.Hour):
					}
					return nil
				}))
				p := dial(t, n)
				p.send(frame(wire.Call, "A:slow", 1, 0), tail)
				<-came
				p.Close()
				select {
				case <-ended:
				case <-time.After(time.Minute):
					t.Error("the context of a call whose client is gone does not end")
				}
			})
		})
	}
}

func TestAOnewayOutlivesItsClient(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g, done := newGate(t), make(chan error, 1)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			g.pass()
			done <- ctx.Err()
			return nil
		}))
		p := dial(t, n)
		p.send(frame(wire.Oneway, "A:note", 1, 0))
		g.await(1)
		n.reset(p.Conn)
		q := dial(t, n)
		q.Close()
		g.open()
		if err := <-done; err != nil {
			t.Errorf("the context of a oneway ended with %v", err)
		}
	})
}

func TestMaxCallTime(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			<-ctx.Done()
			return ctx.Err()
		})
		srv.MaxCallTime = 3 * time.Second
		start(t, n, srv)
		p := dial(t, n)
		began := time.Now()
		p.send(frame(wire.Call, "A:b", 1, 0))
		a, err := p.recv()
		if code, text := a.code(); err != nil || code != int32(mux.DeadlineExceeded) || text != "deadline exceeded" {
			t.Errorf("got %d %q, %v", code, text, err)
		}
		if d := time.Since(began); d != 3*time.Second {
			t.Errorf("answered after %v", d)
		}
	})
}

// While a server drains it still notices that clients go.
func TestADrainNoticesDepartedClients(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		started := make(chan struct{}, 3)
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			started <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})
		srv.HalfCloseGrace = 50 * time.Millisecond
		served := make(chan error, 1)
		go func() { served <- srv.Serve(n) }()
		p, q := dial(t, n), dial(t, n)
		p.send(frame(wire.Call, "A:b", 1, 0))
		<-started
		p.send(frame(wire.Call, "A:b", 2, 0))
		q.send(frame(wire.Call, "A:b", 3, 0))
		<-started
		<-started
		down := make(chan error, 1)
		go func() { down <- srv.Shutdown(t.Context()) }()
		for !srv.Draining() {
			runtime.Gosched()
		}
		n.reset(p.Conn)
		closeWrite(t, q)
		q.wantCode(3, mux.Canceled, "canceled")
		if err := <-down; err != nil {
			t.Error(err)
		}
		<-served
	})
}
