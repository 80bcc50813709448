package server_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// quickServer answers A:quick, which is promised not to wait, and A:slow.
func quickServer(f func(ctx context.Context, req *mux.Request)) *server.Server {
	m := mux.New()
	m.Handle("A", mux.Quick(mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		f(ctx, req)
		return mux.Reply{Type: wire.Reply, Body: append(req.Scratch, req.Body...)}, nil
	}), "quick"))
	return &server.Server{Handler: m}
}

func TestQuickCallsRunInSeriesAndLeaveTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		var in atomic.Int32
		start(t, n, quickServer(func(_ context.Context, req *mux.Request) {
			if req.SeqID >= 0 && in.Add(1) != 1 {
				t.Errorf("call %d runs beside another", req.SeqID)
			}
			if req.SeqID >= 0 {
				in.Add(-1)
			}
		}))
		p := dial(t, n)
		p.send(frame(wire.Call, "A:quick", -1, 0)) // from now on the name is known
		p.want(wire.Reply, -1)
		for range 20 {
			var frames [][]byte
			for i := range int32(100) {
				frames = append(frames, frame(wire.Call, "A:quick", i, int(i)*10))
			}
			p.send(frames...)
			p.want(wire.Reply, seqids(0, 100)...)
		}
	})
}

func TestABrokenPromiseDelaysWhatIsBehindAndLosesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		start(t, n, quickServer(func(_ context.Context, req *mux.Request) {
			if req.SeqID%5 == 3 {
				g.pass()
			}
		}))
		p := dial(t, n)
		p.send(frame(wire.Call, "A:quick", -1, 0))
		p.want(wire.Reply, -1)
		var frames [][]byte
		for i := range int32(20) {
			frames = append(frames, frame(wire.Call, "A:quick", i, 1000))
		}
		p.send(frames...)
		p.want(wire.Reply, 0, 1, 2) // what ended before the first that waits has left
		g.await(4)                  // and the reading went on behind each of them
		p.send(frame(wire.Call, "A:slow", 20, 0), frame(wire.Call, "A:quick", 21, 0))
		g.open()
		p.want(wire.Reply, seqids(3, 19)...)
	})
}

func TestQuickCallsBehindOthersKeepTheOrderAndTheLimit(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := quickServer(func(_ context.Context, req *mux.Request) {
			if req.Method == "slow" {
				g.pass()
			}
		})
		srv.MaxCallsPerConn = 4
		start(t, n, srv)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:quick", -1, 0))
		p.want(wire.Reply, -1)
		frames := [][]byte{frame(wire.Call, "A:slow", 0, 0)}
		for i := range int32(30) {
			frames = append(frames, frame(wire.Call, "A:quick", i+1, 10))
		}
		p.send(frames...)
		g.await(1)
		g.open()
		p.want(wire.Reply, seqids(0, 31)...)
	})
}
