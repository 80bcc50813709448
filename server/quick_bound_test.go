package server_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// crowd counts the handlers that run at once.
type crowd struct {
	mu             sync.Mutex
	now, most, all int
}

func (c *crowd) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
	c.all += max(n, 0)
}

// framedCalls returns calls of one type and method in frames of binary.
func framedCalls(typ wire.Type, method string) func(i int32) []byte {
	return func(i int32) []byte { return frame(typ, "A:"+method, i, 0) }
}

// every returns what special makes of each nth message, and else what usual makes.
func every(n int32, special, usual func(i int32) []byte) func(i int32) []byte {
	return func(i int32) []byte {
		if i%n == n-1 {
			return special(i)
		}
		return usual(i)
	}
}

// TestMaxCallsPerConnHoldsOnEveryPath sends more calls than may run at once, each of
// which waits. Every way from the reader to a handler keeps the limit: calls on the
// reading goroutine whose reading is taken over, quick calls that break their
// promise, batches, oneway calls, refused calls in between, and replies by id.
func TestMaxCallsPerConnHoldsOnEveryPath(t *testing.T) {
	flagged := func(method string, flags uint16) func(i int32) []byte {
		return func(i int32) []byte {
			return headerForms[0].bytes(msg{typ: wire.Call, name: "A:" + method, seqid: i, body: body(0), flags: flags})
		}
	}
	slow, quick := framedCalls(wire.Call, "slow"), framedCalls(wire.Call, "quick")
	slowOneway, quickOneway := framedCalls(wire.Oneway, "slow"), framedCalls(wire.Oneway, "quick")
	for _, tt := range []struct {
		name    string
		message func(i int32) []byte
		refused int // of twelve messages
	}{
		{"slow", slow, 0},
		{"quick", quick, 0},
		{"slow oneways", slowOneway, 0},
		{"quick oneways", quickOneway, 0},
		{"slow calls and oneways", every(3, slowOneway, slow), 0},
		{"quick calls and oneways", every(3, quickOneway, quick), 0},
		{"refused calls between", every(2, framedCalls(wire.Reply, "slow"), quick), 6},
		{"replies by id", flagged("quick", theader.FlagOutOfOrder), 0},
		{"the order changes", every(3, flagged("quick", theader.FlagOutOfOrder), flagged("quick", 0)), 0},
	} {
		for variant := range 16 {
			limit := []int{1, 3}[variant%2]
			together, blocks, concurrent := variant&2 != 0, variant&4 != 0, variant&8 != 0
			name := fmt.Sprintf("%s/limit %d,together %v,blocks %v,concurrent %v", tt.name, limit, together, blocks, concurrent)
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *network) {
					var c crowd
					m := mux.New()
					m.Handle("A", mux.Quick(mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
						if req.SeqID >= 0 {
							c.add(1)
							defer c.add(-1)
							if blocks {
								req.WillBlock()
							}
							time.Sleep(notice)
						}
						return mux.Reply{Type: wire.Reply, Body: append(req.Scratch, 0)}, nil
					}), "quick"))
					start(t, n, &server.Server{Handler: m, MaxCallsPerConn: limit, ConcurrentOneway: concurrent})
					p := dial(t, n)
					p.send(quick(-1), slow(-1)) // from now on the names are known
					p.want(wire.Reply, -1, -1)
					const calls = 12
					p = dial(t, n)
					var all []byte
					for i := range int32(calls) {
						if together {
							all = append(all, tt.message(i)...)
							continue
						}
						p.send(tt.message(i))
						synctest.Wait()
					}
					p.send(all)
					time.Sleep(2 * calls * notice)
					c.mu.Lock()
					defer c.mu.Unlock()
					if c.most > limit || c.all != calls-tt.refused {
						t.Errorf("%d calls ran, %d at once; want %d and a limit of %d", c.all, c.most, calls-tt.refused, limit)
					}
				})
			})
		}
	}
}

// TestRefusedCallsTakePlaces: a call that is refused waits for its turn to be
// answered, and is one of those that a connection may have open.
func TestRefusedCallsTakePlaces(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(context.Context, *mux.Request) error {
			g.pass()
			return nil
		})
		srv.MaxCallsPerConn = 4
		start(t, n, srv)
		p := dial(t, n)
		all := frame(wire.Call, "A:slow", 0, 0)
		for i := range int32(100) {
			all = append(all, frame(wire.Reply, "A:b", i+1, 0)...) // a client sends calls only
		}
		p.send(all)
		synctest.Wait()
		if calls, _ := server.Held(srv); calls != 4 {
			t.Errorf("%d calls are open, want 4", calls)
		}
		g.open()
		p.want(wire.Reply, 0)
		p.want(wire.Exception, seqids(1, 100)...)
	})
}
