package server_test

import (
	"context"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// onOneCPU has a worker that does not block run the calls of a batch one after the
// other: others come only when it waits. Tests of what such a worker leaves behind
// try this a few times, since it may be interrupted all the same.
func onOneCPU(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

const tries = 20

// TestAReplyDoesNotWaitForASlowCallBehindIt: both came together, and one worker runs
// them.
func TestAReplyDoesNotWaitForASlowCallBehindIt(t *testing.T) {
	onOneCPU(t)
	onBoth(t, func(t *testing.T, n *network) {
		gates := make(chan *gate, 1)
		start(t, n, handle(func(_ context.Context, req *mux.Request) error {
			if req.Method == "slow" {
				(<-gates).pass()
			}
			return nil
		}))
		p := dial(t, n)
		for range tries {
			g := newGate(t)
			gates <- g
			p.send(frame(wire.Call, "A:b", 1, 10), frame(wire.Call, "A:slow", 2, 10))
			p.want(wire.Reply, 1)
			g.open()
			p.want(wire.Reply, 2)
		}
	})
}

// TestAQuickCallThatWaitedClaimsNoOther: whoever ran a quick call that waited gives
// up the others, of whose replies the new reader knows nothing. The first call waits
// until the second runs; were it followed by the third, which waits, its reply would
// do so too.
func TestAQuickCallThatWaitedClaimsNoOther(t *testing.T) {
	onOneCPU(t)
	inBubble(t, func(t *testing.T, n *network) {
		var first, others atomic.Pointer[gate]
		start(t, n, quickServer(func(_ context.Context, req *mux.Request) {
			switch req.SeqID {
			case 0:
				req.WillBlock()
				first.Load().pass()
			case 1:
				first.Load().open()
				others.Load().pass()
			case 2:
				others.Load().pass()
			}
		}))
		p := dial(t, n)
		p.send(frame(wire.Call, "A:quick", -1, 0))
		p.want(wire.Reply, -1)
		for range tries {
			g := newGate(t)
			first.Store(newGate(t))
			others.Store(g)
			p.send(frame(wire.Call, "A:quick", 0, 0), frame(wire.Call, "A:quick", 1, 0), frame(wire.Call, "A:quick", 2, 0))
			p.want(wire.Reply, 0)
			g.await(2)
			g.open()
			p.want(wire.Reply, 1, 2)
		}
	})
}

// TestAQuickCallThatEndsBeforeItsTakeOverBegins leaves the others to the new reader,
// though it is through with their batch first.
func TestAQuickCallThatEndsBeforeItsTakeOverBegins(t *testing.T) {
	onOneCPU(t)
	inBubble(t, func(t *testing.T, n *network) {
		start(t, n, quickServer(func(_ context.Context, req *mux.Request) {
			if req.SeqID == 0 {
				req.WillBlock() // it does not
			}
		}))
		p := dial(t, n)
		p.send(frame(wire.Call, "A:quick", -1, 0))
		p.want(wire.Reply, -1)
		for range tries {
			p.send(frame(wire.Call, "A:quick", 0, 0), frame(wire.Call, "A:quick", 1, 0), frame(wire.Call, "A:quick", 2, 0))
			p.want(wire.Reply, 0, 1, 2)
		}
	})
}

// writes is a listener that counts the bytes its connections are given to write.
type writes struct {
	net.Listener
	bytes *atomic.Int64
}

type writesConn struct {
	net.Conn
	bytes *atomic.Int64
}

func (l writes) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return writesConn{c, l.bytes}, nil
}

func (c writesConn) Write(b []byte) (int, error) {
	c.bytes.Add(int64(len(b)))
	return c.Conn.Write(b)
}

// TestALargeReplyLeavesBeforeTheNextCallRuns: what fills a write is not left for the
// others of its batch.
func TestALargeReplyLeavesBeforeTheNextCallRuns(t *testing.T) {
	onOneCPU(t)
	inBubble(t, func(t *testing.T, n *network) {
		var written atomic.Int64
		n.Listener = writes{n.Listener, &written}
		var left atomic.Int32
		large := body(70_000)
		start(t, n, &server.Server{Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			if req.SeqID == 1 && written.Load() > 70_000 {
				left.Add(1)
			}
			return mux.Reply{Type: wire.Reply, Body: large}, nil
		})})
		p := dial(t, n)
		for range tries {
			written.Store(0)
			p.send(frame(wire.Call, "A:b", 0, 0), frame(wire.Call, "A:b", 1, 0))
			p.want(wire.Reply, 0, 1)
		}
		if n := left.Load(); n < tries/2 {
			t.Errorf("%d times of %d the first reply left before the second call ran", n, tries)
		}
	})
}

// step is how much a worker, and again a connection, may hold before it is counted.
const step = 16 << 10

// TestSmallRepliesAreKeptToALimit: what a worker has not counted is no more than a
// step of the server's count, however many calls of a batch it runs.
func TestSmallRepliesAreKeptToALimit(t *testing.T) {
	onOneCPU(t)
	inBubble(t, func(t *testing.T, n *network) {
		g := newGate(t)
		small := body(4000)
		srv := &server.Server{Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Method == "slow" {
				g.pass()
			}
			return mux.Reply{Type: wire.Reply, Body: small}, nil
		})}
		start(t, n, srv)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:slow", 0, 0))
		g.await(1)
		time.Sleep(notice) // its reading is taken over
		var frames [][]byte
		for i := range int32(35) {
			frames = append(frames, frame(wire.Call, "A:b", 1+i, 0))
		}
		p.send(append(frames, frame(wire.Call, "A:slow", 36, 0))...)
		g.await(1)
		// A worker that was interrupted may have been helped by others, each of which
		// keeps replies of its own until it is idle.
		synctest.Wait()
		if _, bytes := server.Held(srv); bytes < 35*4000-2*step {
			t.Errorf("%d bytes are counted for 35 replies of 4,000", bytes)
		}
		g.open()
		p.want(wire.Reply, seqids(0, 37)...)
	})
}

// TestAOnewayBehindCallsThatTakeTheBufferAlong has its own arguments, though those
// before it are most of what was read.
func TestAOnewayBehindCallsThatTakeTheBufferAlong(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		ran := make(chan int, 1)
		start(t, n, handle(func(_ context.Context, req *mux.Request) error {
			if req.Type == wire.Oneway {
				ran <- len(req.Body)
			}
			return nil
		}))
		p := dial(t, n)
		for _, behind := range [][]byte{nil, frame(wire.Call, "A:b", 4, 10)} {
			p.send(frame(wire.Call, "A:b", 1, 1000), frame(wire.Call, "A:b", 2, 1000), frame(wire.Call, "A:b", 3, 1000),
				frame(wire.Oneway, "A:b", 0, 300), behind)
			p.want(wire.Reply, 1, 2, 3)
			if got, want := <-ran, len(body(300)); got != want {
				t.Errorf("the oneway has %d bytes of arguments, want %d", got, want)
			}
		}
		p.want(wire.Reply, 4)
	})
}
