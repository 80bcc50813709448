package server_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// marks are calls by their names, and what their exceptions say of whether the call
// was run.
var marks = []struct {
	name string
	code mux.Code
	want mux.NotRun
}{
	{"A:ran and refused", mux.Overloaded, mux.MayHaveRun},
	{"A:ran and said no", mux.Unavailable, mux.MayHaveRun},
	{"A:passes bytes on", mux.Overloaded, mux.MayHaveRun},
	{"A:panics", mux.InternalError, mux.MayHaveRun},
	{"A:nothing", mux.MissingResult, mux.MayHaveRun},
	{"A:full", mux.Overloaded, mux.SendAgain},
	{"A:denied", mux.PermissionDenied, mux.DoNotSendAgain},
	{"A:bytes of a filter", mux.Overloaded, mux.MayHaveRun},
	{"A:after it ran", mux.Overloaded, mux.MayHaveRun},
	{"B:none", mux.UnknownMethod, mux.DoNotSendAgain},
}

// marked serves the calls of marks.
func marked() *server.Server {
	full := func(req *mux.Request) (mux.Reply, error) {
		body := wire.AppendMarkedException(nil, req.Protocol, int32(mux.Overloaded), "full", mux.SendAgain)
		return mux.Reply{Type: wire.Exception, Body: body}, nil
	}
	m := mux.New()
	m.Handle("A", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		switch req.Method {
		case "ran and refused":
			return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
		case "ran and said no":
			return mux.Reply{}, fmt.Errorf("x: %w", mux.Refusef(mux.DoNotSendAgain, mux.Unavailable, "no"))
		case "passes bytes on":
			return full(req)
		case "panics":
			panic(mux.Refusef(mux.SendAgain, mux.Overloaded, "full"))
		case "nothing":
			return mux.Reply{}, nil
		}
		return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
	}), func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			switch req.Method {
			case "full":
				return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
			case "denied":
				return mux.Reply{}, mux.Refusef(mux.DoNotSendAgain, mux.PermissionDenied, "no")
			case "bytes of a filter":
				return full(req)
			}
			return next.ServeThrift(ctx, req)
		})
	})
	return &server.Server{Handler: m, Filters: []mux.Filter{func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			rep, err := next.ServeThrift(ctx, req)
			if req.Method == "after it ran" {
				return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "too late")
			}
			return rep, err
		})
	}}}
}

// emptyBody is a struct without fields in p.
func emptyBody(p wire.Protocol) []byte {
	if p == wire.JSON {
		return []byte("{}")
	}
	return []byte{0}
}

// TestExceptionsSayWhetherTheCallWasRun asks for every outcome in every form.
func TestExceptionsSayWhetherTheCallWasRun(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, marked())
		s := speak(t, n, f)
		for i, c := range marks {
			s.send(msg{typ: wire.Call, name: c.name, seqid: int32(i), body: emptyBody(f.protocol)})
			m := s.wantException(c.name[2:], int32(i), c.code)
			code, text, got, err := wire.ParseMarkedException(f.protocol, m.body)
			if got != c.want || err != nil {
				t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
			}
			if plain := wire.AppendExceptionBody(nil, f.protocol, code, text); c.want == mux.MayHaveRun && string(plain) != string(m.body) {
				t.Errorf("%s: %q, want the bytes of any other runtime, %q", c.name, m.body, plain)
			}
		}
	})
}

// TestHTTPExceptionsSayWhetherTheCallWasRun is the same for bodies of HTTP.
func TestHTTPExceptionsSayWhetherTheCallWasRun(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		start(t, n, marked())
		c := browser(n)
		defer c.CloseIdleConnections()
		for _, p := range []wire.Protocol{wire.Binary, wire.Compact, wire.JSON} {
			for _, x := range marks {
				_, got := post(t, c, xthrift, httpMessage(p, wire.Call, x.name, 1, string(emptyBody(p))))
				h, err := wire.ParseHeader(p, []byte(got), 0)
				if err != nil || h.Size == 0 {
					t.Fatalf("%v, %s: %q, %v", p, x.name, got, err)
				}
				body, err := wire.Body(p, []byte(got)[h.Size:])
				if err != nil {
					t.Fatalf("%v, %s: %q, %v", p, x.name, got, err)
				}
				code, _, n, err := wire.ParseMarkedException(p, body)
				if mux.Code(code) != x.code || n != x.want || err != nil {
					t.Errorf("%v, %s: %v, %v, %v; want %v, %v", p, x.name, mux.Code(code), n, err, x.code, x.want)
				}
			}
		}
	})
}

// TestBoundsSayThatTheCallWasNotRun: what the server itself turns away.
func TestBoundsSayThatTheCallWasNotRun(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		g := newGate(t)
		srv := handle(func(context.Context, *mux.Request) error { g.pass(); return nil })
		srv.MaxCalls, srv.MaxMessageSize = 1, 2000
		start(t, n, srv)
		busy := speak(t, n, f)
		busy.send(msg{typ: wire.Call, name: "A:b", seqid: 1, body: emptyBody(f.protocol)})
		g.await(1)
		s := speak(t, n, f)
		want := func(seqid int32, code mux.Code, want mux.NotRun) {
			t.Helper()
			m := s.wantException("b", seqid, code)
			if _, _, got, err := wire.ParseMarkedException(f.protocol, m.body); got != want || err != nil {
				t.Errorf("%v: %v, %v; want %v", code, got, err, want)
			}
		}
		s.send(msg{typ: wire.Call, name: "A:b", seqid: 2, body: emptyBody(f.protocol)})
		want(2, mux.Overloaded, mux.SendAgain)
		s.send(msg{typ: wire.Reply, name: "A:b", seqid: 3, body: emptyBody(f.protocol)})
		want(3, mux.InvalidMessageType, mux.DoNotSendAgain)
		if f.transport != wire.Buffered && !f.zlib {
			s.send(msg{typ: wire.Call, name: "A:b", seqid: 4, body: make([]byte, 4000)})
			want(4, mux.ProtocolError, mux.DoNotSendAgain)
		}
		g.open()
		busy.recv()
	})
}
