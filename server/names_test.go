package server_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// replaced makes h the service A of a Mux that serves.
func replaced(t *testing.T, m *mux.Mux, h mux.Handler) {
	t.Helper()
	err := m.Update(func(tab *mux.Table) error { return errors.Join(tab.Remove("A"), tab.Handle("A", h)) })
	if err != nil {
		t.Fatal(err)
	}
}

// TestUpdateForgetsOneways: what replaces a service is asked and learned anew, on
// connections that called the old one too.
func TestUpdateForgetsOneways(t *testing.T) {
	for name, before := range map[string]mux.Handler{
		"known":   mux.Processor(foo.NewFooApiProcessor(new(fooService))),
		"learned": rawReply(wire.Oneway),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				m := mux.New()
				m.Handle("A", before)
				m.Handle("B", rawReply(wire.Reply))
				start(t, n, &server.Server{Handler: m})
				p := dial(t, n)
				for i := range int32(3) {
					p.send(frame(wire.Call, "A:note", 1, 5)) // as Go's runtime sends it
					p.send(frame(wire.Call, "B:b", 2+i, 0))
					p.want(wire.Reply, 2+i)
				}
				replaced(t, m, rawReply(wire.Reply))
				p.send(frame(wire.Call, "A:note", 5, 5))
				p.want(wire.Reply, 5)
				q := dial(t, n)
				q.send(frame(wire.Call, "A:note", 6, 5))
				q.want(wire.Reply, 6)
			})
		})
	}
}

// TestWhatWasLearnedStaysThroughUpdates: once a oneway method has been called, its next
// calls are known as oneway, though a change of other services comes between, and
// whatever name leads to its service. It is forgotten with its route.
func TestWhatWasLearnedStaysThroughUpdates(t *testing.T) {
	for name, tt := range map[string]struct {
		call   string
		change func(*mux.Table) error
		want   wire.Type
	}{
		"another service":   {"A:note", func(tab *mux.Table) error { return tab.Handle("C", rawReply(wire.Reply)) }, wire.Oneway},
		"an alias":          {":note", func(tab *mux.Table) error { return tab.Handle("C", rawReply(wire.Reply)) }, wire.Oneway},
		"a filter's name":   {"Old:note", func(tab *mux.Table) error { return tab.Handle("C", rawReply(wire.Reply)) }, wire.Oneway},
		"the alias moves":   {":note", func(tab *mux.Table) error { return errors.Join(tab.Remove(""), tab.Alias("", "B")) }, wire.Call},
		"the name is taken": {"Old:note", func(tab *mux.Table) error { return tab.Alias("Old", "B") }, wire.Call},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				types := make(chan wire.Type, 1)
				m := mux.New()
				m.Handle("A", learner(types))
				m.Handle("B", learner(types))
				m.Alias("", "A")
				rename := filter.RenameService(func(service string) (string, bool) {
					return "A", service == "Old" && m.Lookup("Old") == nil
				})
				start(t, n, &server.Server{Handler: m, Filters: []mux.Filter{rename}})
				p := dial(t, n)
				for _, want := range []wire.Type{wire.Call, wire.Oneway} {
					p.send(frame(wire.Call, tt.call, 1, 5)) // as Go's runtime sends it
					if typ := <-types; typ != want {
						t.Errorf("the call came as %v, want %v", typ, want)
					}
					synctest.Wait()
				}
				if err := m.Update(tt.change); err != nil {
					t.Fatal(err)
				}
				for _, p := range []*peer{p, dial(t, n)} {
					p.send(frame(wire.Call, tt.call, 1, 5))
					if typ := <-types; typ != tt.want {
						t.Errorf("after the change it came as %v, want %v", typ, tt.want)
					}
					synctest.Wait()
					tt.want = wire.Oneway // what the first has taught
				}
			})
		})
	}
}

// TestAnUpdateLeavesTheOtherNames in the table of a server: calls by them need no new
// strings.
func TestAnUpdateLeavesTheOtherNames(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		m := mux.New()
		m.Handle("A", rawReply(wire.Reply))
		m.Handle("B", rawReply(wire.Reply))
		srv := &server.Server{Handler: m}
		start(t, n, srv)
		p := dial(t, n)
		called := func(name string) {
			p.send(frame(wire.Call, name, 1, 0))
			p.want(wire.Reply, 1)
		}
		called("A:b")
		called("B:b")
		replaced(t, m, rawReply(wire.Reply))
		called("B:b")
		if got := server.KeptNames(srv); !slices.Equal(got, []string{"B:b"}) {
			t.Errorf("the server keeps %q, want B:b alone", got)
		}
	})
}

// TestALearnedOnewayThatFailsHasNoAnswer: Go's own runtime would take it for that of
// the next call.
func TestALearnedOnewayThatFailsHasNoAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var calls int
		m := mux.New()
		m.Handle("A", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			if calls++; calls > 1 {
				return mux.Reply{}, errors.New("failed")
			}
			return mux.Reply{Type: wire.Oneway}, nil
		}))
		m.Handle("B", rawReply(wire.Reply))
		start(t, n, &server.Server{Handler: m})
		p := dial(t, n)
		for i := range int32(3) {
			p.send(frame(wire.Call, "A:note", 1, 5), frame(wire.Call, "B:b", 2+i, 0))
			p.want(wire.Reply, 2+i)
			m.Handle(fmt.Sprint("C", i), rawReply(wire.Reply))
		}
	})
}

// learner answers every call as a oneway, and tells as what it came.
func learner(types chan<- wire.Type) mux.Handler {
	return mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		types <- req.Type
		return mux.Reply{Type: wire.Oneway}, nil
	})
}

// TestALateOnewayTeachesNothing: what a handler says of a method that was replaced
// while it ran is not kept, nor does it undo what is known of the new one.
func TestALateOnewayTeachesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		g := newGate(t)
		m := mux.New()
		m.Handle("A", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			g.pass()
			return mux.Reply{Type: wire.Oneway}, nil
		}))
		start(t, n, &server.Server{Handler: m})
		p := dial(t, n)
		p.send(frame(wire.Call, "A:note", 1, 5))
		g.await(1)
		types := make(chan wire.Type, 3)
		replaced(t, m, learner(types))
		q := dial(t, n)
		q.send(frame(wire.Call, "A:new", 1, 0))
		if typ := <-types; typ != wire.Call {
			t.Errorf("the first call came as %v", typ)
		}
		synctest.Wait()
		g.open()
		synctest.Wait()
		for _, c := range []struct {
			name string
			want wire.Type
		}{{"A:new", wire.Oneway}, {"A:note", wire.Call}} {
			dial(t, n).send(frame(wire.Call, c.name, 2, 0))
			if typ := <-types; typ != c.want {
				t.Errorf("%s came as %v, want %v", c.name, typ, c.want)
			}
		}
	})
}

// TestUpdateForgetsQuick: a promise is that of the handler that gave it. Were it
// kept, the second call would wait for the first.
func TestUpdateForgetsQuick(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		m := mux.New()
		m.Handle("A", mux.Quick(rawReply(wire.Reply)))
		start(t, n, &server.Server{Handler: m})
		p := dial(t, n)
		for i := range int32(2) {
			p.send(frame(wire.Call, "A:b", i, 0))
			p.want(wire.Reply, i)
		}
		g := newGate(t)
		var calls atomic.Int32
		replaced(t, m, mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			if calls.Add(1) == 1 {
				g.pass()
			} else {
				g.open() // as soon as both run, on no time
			}
			return mux.Reply{Type: wire.Reply, Body: append(req.Scratch, 0)}, nil
		}))
		began := time.Now()
		p.send(frame(wire.Call, "A:b", 2, 0), frame(wire.Call, "A:b", 3, 0))
		p.want(wire.Reply, 2, 3)
		if d := time.Since(began); d > 0 {
			t.Errorf("the second call waited %v for the first", d)
		}
	})
}

// TestMadeUpNamesLeaveRoomForOthers has a service that answers everything called by
// more names than a server remembers. A oneway is still learned by its first call.
func TestMadeUpNamesLeaveRoomForOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		types := make(chan wire.Type, 2)
		m := mux.New()
		m.Handle("A", rawReply(wire.Reply))
		m.Handle("B", learner(types))
		start(t, n, &server.Server{Handler: m})
		p := dial(t, n)
		for i := range int32(42) {
			var frames [][]byte
			for j := range int32(100) {
				frames = append(frames, frame(wire.Call, fmt.Sprintf("A:%d", 100*i+j), j, 0))
			}
			p.send(frames...)
			p.want(wire.Reply, seqids(0, 100)...)
		}
		for _, want := range []wire.Type{wire.Call, wire.Oneway} {
			p.send(frame(wire.Call, "B:note", 1, 0))
			if typ := <-types; typ != want {
				t.Errorf("a oneway came as %v, want %v", typ, want)
			}
		}
	})
}

// TestLearnedNamesAreBounded: not even oneways are remembered without end, and those
// that were go on.
func TestLearnedNamesAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		types := make(chan wire.Type, 5000)
		m := mux.New()
		m.Handle("B", learner(types))
		start(t, n, &server.Server{Handler: m})
		p := dial(t, n)
		came := map[wire.Type]int{}
		for range 2 {
			for i := range 4100 {
				p.send(frame(wire.Call, fmt.Sprintf("B:%d", i), 1, 0))
				came[<-types]++
			}
		}
		if came[wire.Oneway] != 4096 {
			t.Errorf("%d oneways were known at their second call, want 4096", came[wire.Oneway])
		}
	})
}
