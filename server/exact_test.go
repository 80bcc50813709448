package server_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// twoInOne is a frame that holds a whole second message behind the first.
func (f form) twoInOne(m, hidden msg) []byte {
	whole := form{wire.Buffered, f.protocol, f.old, false}
	return f.wrap(append(whole.bytes(m), whole.bytes(hidden)...), m)
}

// TestTwoCallsInAFrame: the second would vanish without a reply. The first is told,
// it does not run, and the connection ends behind it, with one line in the log.
func TestTwoCallsInAFrame(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		if f.transport == wire.Buffered {
			return // there the second is a call of its own
		}
		var r refusals
		log := new(logbook)
		why := make(chan error, 1)
		observer := r.observer()
		observer.Closed = func(_ *mux.Peer, err error) { why <- err }
		srv := &server.Server{Handler: fooAndBar(), Observer: observer, ErrorLog: log.logger()}
		start(t, n, srv)
		s := speak(t, n, f)
		m, hidden := f.echoCall(t, "BarApi:echo", 2, "open"), f.echoCall(t, "FooApi:echo", 3, "hidden")
		first := f.echoCall(t, "BarApi:echo", 1, "x")
		s.sendRaw(append(append(f.bytes(first), f.twoInOne(m, hidden)...), f.bytes(first)...))
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		s.wantException("echo", 2, mux.ProtocolError)
		s.wantClosed()
		s.Close()
		if e, err := (*mux.Refusal)(nil), <-why; !errors.As(err, &e) || e.Bound != "frame" {
			t.Errorf("the connection ended with %v", err)
		}
		r.want(t, "frame", 1)
		log.want(t, "frame")
	})
}

// TestNothingIsAnsweredBehindARefusedFrame has calls behind it that ran before it
// was refused: their replies would be taken for those of other calls.
func TestNothingIsAnsweredBehindARefusedFrame(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		if f.transport == wire.Buffered {
			return
		}
		g := newGate(t)
		srv := &server.Server{Handler: fooAndBar(), Filters: []mux.Filter{func(next mux.Handler) mux.Handler {
			return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				if req.SeqID == 2 {
					g.pass()
				} else {
					defer func() { g.came <- struct{}{} }()
				}
				return next.ServeThrift(ctx, req)
			})
		}}}
		start(t, n, srv)
		s := speak(t, n, f)
		m, other := f.echoCall(t, "BarApi:echo", 2, "open"), f.echoCall(t, "BarApi:echo", 3, "x")
		first := f.echoCall(t, "BarApi:echo", 1, "x")
		b := append(f.bytes(first), f.twoInOne(m, m)...)
		for range 5 {
			b = append(b, f.bytes(other)...)
		}
		s.sendRaw(b)
		g.await(7)
		g.open()
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		s.wantException("echo", 2, mux.ProtocolError)
		s.wantClosed()
	})
}

// TestTwoOnewaysInAFrame: there is no reply to tell it by, so the connection ends.
func TestTwoOnewaysInAFrame(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		if f.transport == wire.Buffered {
			return
		}
		var r refusals
		start(t, n, &server.Server{Handler: fooAndBar(), Observer: r.observer()})
		s := speak(t, n, f)
		note := f.echoCall(t, "FooApi:note", 2, "x")
		note.typ = wire.Oneway
		call := f.echoCall(t, "BarApi:echo", 1, "x")
		s.sendRaw(append(append(f.bytes(call), f.twoInOne(note, note)...), f.bytes(call)...))
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		s.wantClosed()
		r.want(t, "frame", 1)
	})
}

// TestTwoCallsInAFrameWithoutAnOrder: replies are told apart by their ids, so the
// connection goes on.
func TestTwoCallsInAFrameWithoutAnOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var r refusals
		start(t, n, &server.Server{Handler: fooAndBar(), Observer: r.observer()})
		f := form{transport: wire.THeader, protocol: wire.Compact}
		s := speak(t, n, f)
		m := f.echoCall(t, "BarApi:echo", 1, "x")
		m.flags = theader.FlagOutOfOrder
		hidden, cut := m, m
		s.sendRaw(f.twoInOne(m, hidden))
		s.wantException("echo", 1, mux.ProtocolError)
		cut.body = cut.body[:len(cut.body)-1]
		s.sendRaw(f.bytes(cut))
		s.wantException("echo", 1, mux.ProtocolError)
		s.send(m)
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		r.want(t, "frame", 1)
	})
}

func TestTwoCallsInAThriftMuxFrame(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var r refusals
		start(t, n, &server.Server{Handler: fooAndBar(), Observer: r.observer()})
		p := dialMux(t, n)
		p.negotiate(0)
		two := append(message("BarApi:echo", 2, 5), message("FooApi:echo", 3, 5)...)
		whole := message("BarApi:echo", 4, 5)
		p.send(tdispatch(2, two, thriftmux.Pairs{}))
		p.wantException(2, "echo", mux.ProtocolError)
		p.send(tdispatch(4, whole[:len(whole)-1], thriftmux.Pairs{}))
		p.wantException(4, "echo", mux.ProtocolError)
		p.send(dispatch(5, "BarApi:echo", 5))
		p.wantReply(5)
		r.want(t, "frame", 1)
	})
}

// TestAProtocolErrorOfAnotherMessageEndsNothing has a handler fail with the error
// of a reply that it got elsewhere.
func TestAProtocolErrorOfAnotherMessageEndsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		var r refusals
		srv := handle(func(context.Context, *mux.Request) error {
			return &mux.Error{Code: mux.ProtocolError, Err: wire.RestError(9, 5)}
		})
		srv.Observer = r.observer()
		start(t, n, srv)
		p := dial(t, n)
		for i := range int32(3) {
			p.send(frame(wire.Call, "a", i, 5))
			p.wantCode(i, mux.ProtocolError, "")
		}
		r.want(t, "frame", 0)
	})
}

// TestRawHandlersAreGivenWhatCame shows who looks at the body of a raw handler's
// call: nobody, or mux.Exact.
func TestRawHandlersAreGivenWhatCame(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		m := mux.New()
		m.Handle("raw", rawReply(wire.Reply))
		m.Handle("exact", rawReply(wire.Reply), mux.Exact)
		start(t, n, &server.Server{Handler: m})
		f := form{transport: wire.Framed, protocol: wire.Binary}
		p := dial(t, n)
		two := func(name string, seqid int32) []byte {
			c := msg{typ: wire.Call, name: name, seqid: seqid, body: body(5)}
			return f.twoInOne(c, c)
		}
		p.send(two("raw:a", 1), two("raw:a", 2), two("exact:a", 3))
		p.want(wire.Reply, 1, 2)
		p.wantCode(3, mux.ProtocolError, "bytes behind")
		p.wantEnd()
	})
}

// TestUnframedBodiesAreNotWalkedTwice shows that the session's walk counts, until
// somebody replaces the body.
func TestUnframedBodiesAreNotWalkedTwice(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		var walked, replaced atomic.Int32
		h := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Walked() {
				walked.Add(1)
			}
			old := req.Body
			req.Body = append([]byte(nil), old...)
			if req.Walked() {
				replaced.Add(1)
			}
			req.Body = old
			return mux.ResultReply(req.Protocol, append(req.Scratch, req.Body...)), nil
		})
		start(t, n, &server.Server{Handler: h})
		s := speak(t, n, f)
		m := f.echoCall(t, "a", 1, "x")
		s.send(m, m, m)
		for range 3 {
			s.recv()
		}
		want := int32(0)
		if f.transport == wire.Buffered {
			want = 3
		}
		if walked.Load() != want || replaced.Load() != 0 {
			t.Errorf("%d of 3 bodies were walked, want %d; %d others", walked.Load(), want, replaced.Load())
		}
	})
}

// TestARestBehindJSONInAFrame: bytes behind a JSON message end the connection as they
// do in the other protocols, whether they look like its end or not; a message that is
// cut short does not.
func TestARestBehindJSONInAFrame(t *testing.T) {
	for rest, ends := range map[string]bool{"x": true, "[]": true, "{}]": true, "": false} {
		inBubble(t, func(t *testing.T, n *network) {
			start(t, n, &server.Server{Handler: fooAndBar()})
			f := form{transport: wire.Framed, protocol: wire.JSON}
			s := speak(t, n, f)
			m := f.echoCall(t, "BarApi:echo", 1, "x")
			whole := form{transport: wire.Buffered, protocol: wire.JSON}.bytes(m)
			if rest == "" {
				whole = whole[:len(whole)-1]
			}
			s.sendRaw(f.wrap(append(whole, rest...), m))
			s.wantException("echo", 1, mux.ProtocolError)
			if ends {
				s.wantClosed()
				return
			}
			s.send(m)
			s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		})
	}
}
