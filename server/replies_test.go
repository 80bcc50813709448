package server_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// TestAnUnexpectedOnewayHoldsNothing: a call that is found to have no reply leaves
// no room for one with its connection.
func TestAnUnexpectedOnewayHoldsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		before := conn.Outstanding()
		m := mux.New()
		m.Handle("A", rawReply(wire.Oneway))
		start(t, n, &server.Server{Handler: m})
		dial(t, n).send(frame(wire.Call, "A:note", 1, 5))
		synctest.Wait()
		if held := conn.Outstanding() - before; held != 0 {
			t.Errorf("an idle connection holds %d buffers", held)
		}
	})
}

// TestSmallRepliesBehindASlowCallCount: replies that a worker keeps while it runs
// others are bytes too, once it is through. The connection pauses at MaxConnBytes, and
// when it holds as much as is free of MaxBytes; a newcomer is served all the same.
func TestSmallRepliesBehindASlowCallCount(t *testing.T) {
	for _, bound := range []string{"MaxConnBytes", "MaxBytes"} {
		t.Run(bound, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				g, ran := newGate(t), new(atomic.Int32)
				small := body(4000)
				srv := &server.Server{Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
					if req.Method == "slow" {
						g.pass()
					}
					ran.Add(1)
					return mux.Reply{Type: wire.Reply, Body: small}, nil
				})}
				if srv.MaxCallsPerConn = -1; bound == "MaxConnBytes" {
					srv.MaxConnBytes = 100_000
				} else {
					srv.MaxBytes = 100_000
				}
				start(t, n, srv)
				p, q := dial(t, n), dial(t, n)
				p.send(frame(wire.Call, "A:slow", 0, 0))
				g.await(1)
				sent := int32(1)
				for range 8 {
					var frames [][]byte
					for range 5 {
						frames = append(frames, frame(wire.Call, "A:b", sent, 0))
						sent++
					}
					p.send(frames...)
					synctest.Wait()
					time.Sleep(notice) // the first is behind a call that runs alone
				}
				want := int32(25)
				if bound == "MaxBytes" {
					want /= 2
				}
				if n := ran.Load(); n < want-5 || n > want+10 {
					t.Errorf("%d calls ran before their replies came to the limit, want about %d", n, want)
				}
				q.send(frame(wire.Call, "A:b", 1, 0))
				q.want(wire.Reply, 1)
				g.open()
				p.want(wire.Reply, seqids(0, sent)...)
			})
		})
	}
}
