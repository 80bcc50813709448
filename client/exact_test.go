package client_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// echoMessage is a call of echo, unframed, in a protocol.
func echoMessage(p wire.Protocol, name string, id int32, text string) []byte {
	b := wire.AppendHeader(nil, p, wire.Call, name, id)
	return append(b, echoBody(p, 1, text)...)
}

// echoBody is a struct with a string in one field.
func echoBody(p wire.Protocol, field byte, text string) []byte {
	if p == wire.Compact {
		b := append([]byte{field<<4 | 8}, byte(len(text)))
		if field == 0 {
			b = []byte{8, 0, byte(len(text))}
		}
		return append(append(b, text...), 0)
	}
	b := binary.BigEndian.AppendUint32([]byte{11, 0, field}, uint32(len(text)))
	return append(append(b, text...), 0)
}

// gateway is a server that passes FooApi on to c, and refuses the method "secret".
func gateway(t *testing.T, c *client.Client) (dial func() net.Conn) {
	t.Helper()
	m := mux.New()
	m.Handle("FooApi", c.Handler("FooApi"), func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Method == "secret" {
				return mux.Reply{}, mux.Errorf(mux.PermissionDenied, "not for you")
			}
			return next.ServeThrift(ctx, req)
		})
	})
	front := serveOn(t, "memory", m, new(client.Client))
	return func() net.Conn {
		nc, err := front.DialContext(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		return nc
	}
}

// exchange sends bytes and reads frames until there is one for each id, or the end.
func exchange(t *testing.T, nc net.Conn, p wire.Protocol, sent []byte, ids ...int32) (replies []wire.Header, bodies [][]byte) {
	t.Helper()
	if _, err := nc.Write(sent); err != nil {
		t.Fatal(err)
	}
	nc.SetReadDeadline(time.Now().Add(10 * time.Second)) // for a call that was swallowed
	r := bufio.NewReader(nc)
	for _, id := range ids {
		var size [4]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			t.Fatalf("reply %d: %v", id, err)
		}
		b := make([]byte, binary.BigEndian.Uint32(size[:]))
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
		h, err := wire.ParseHeader(p, b, 0)
		if err != nil || h.SeqID != id {
			t.Fatalf("reply %d, %v, want %d", h.SeqID, err, id)
		}
		replies, bodies = append(replies, h), append(bodies, b[h.Size:])
	}
	return replies, bodies
}

func inFrame(b ...[]byte) []byte {
	whole := bytes.Join(b, nil)
	return append(wire.AppendFrameHeader(nil, len(whole)), whole...)
}

func wantCode(t *testing.T, p wire.Protocol, h wire.Header, body []byte, code mux.Code) {
	t.Helper()
	got, text, err := wire.ParseException(p, body)
	if h.Type != wire.Exception || err != nil || mux.Code(got) != code {
		t.Errorf("got %v, code %d %q, %v; want code %v", h.Type, got, text, err, code)
	}
}

// upstreams runs a test for each way to speak to the server behind a gateway.
func upstreams(t *testing.T, run func(t *testing.T, d wire.Dialect, p wire.Protocol)) {
	for _, d := range []wire.Dialect{wire.Framed, wire.Buffered, wire.THeader, wire.ThriftMux} {
		for _, p := range []wire.Protocol{wire.Binary, wire.Compact} {
			t.Run(fmt.Sprintf("%v %v", d, p), func(t *testing.T) { run(t, d, p) })
		}
	}
}

// TestACallCannotHideBehindAnother has a client put a call that the gateway refuses
// behind one that it allows, in one frame.
func TestACallCannotHideBehindAnother(t *testing.T) {
	upstreams(t, func(t *testing.T, d wire.Dialect, p wire.Protocol) {
		var ran atomic.Int32
		behind := serveOn(t, "memory", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			ran.Add(1)
			return mux.ResultReply(req.Protocol, append(req.Scratch, req.Body...)), nil
		}), &client.Client{Dialect: d})
		dial := gateway(t, behind)
		nc := dial()
		allowed, secret := echoMessage(p, "FooApi:echo", 1, "x"), echoMessage(p, "FooApi:secret", 2, "x")
		replies, bodies := exchange(t, nc, p, append(inFrame(allowed), inFrame(secret)...), 1, 2)
		if replies[0].Type != wire.Reply || ran.Load() != 1 {
			t.Errorf("the allowed call: %v, %d ran", replies[0].Type, ran.Load())
		}
		wantCode(t, p, replies[1], bodies[1], mux.PermissionDenied)
		replies, bodies = exchange(t, nc, p, inFrame(allowed, secret), 1)
		wantCode(t, p, replies[0], bodies[0], mux.ProtocolError)
		if n, err := nc.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("behind the exception: %d bytes, %v, want the end", n, err)
		}
		if ran.Load() != 1 {
			t.Errorf("%d calls ran behind the gateway, want the first alone", ran.Load())
		}
	})
}

// TestAStructThatEndsTooEarlySwallowsNothing has one client of a gateway send half a
// struct, which would take the next client's bytes for the rest of its own.
func TestAStructThatEndsTooEarlySwallowsNothing(t *testing.T) {
	upstreams(t, func(t *testing.T, d wire.Dialect, p wire.Protocol) {
		seen := make(chan string, 100)
		behind := serveOn(t, "memory", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			seen <- string(req.Body)
			return mux.ResultReply(req.Protocol, append(req.Scratch, req.Body...)), nil
		}), &client.Client{Dialect: d})
		dial := gateway(t, behind)
		victim := dial()
		whole := echoMessage(p, "FooApi:echo", 1, "a password")
		exchange(t, victim, p, inFrame(whole), 1)
		thief := echoMessage(p, "FooApi:echo", 9, "the thief's own text")
		size := len(thief) - len(echoBody(p, 1, "the thief's own text"))
		for cut := size; cut < len(thief); cut++ {
			replies, bodies := exchange(t, dial(), p, inFrame(thief[:cut]), 9)
			wantCode(t, p, replies[0], bodies[0], mux.ProtocolError)
			replies, bodies = exchange(t, victim, p, inFrame(whole), 1)
			if replies[0].Type != wire.Reply || !bytes.Equal(bodies[0], whole[len(whole)-len(bodies[0]):]) {
				t.Fatalf("behind %d of %d bytes: the next client got %v % x", cut, len(thief), replies[0].Type, bodies[0])
			}
		}
		close(seen)
		for body := range seen {
			if body != string(echoBody(p, 1, "a password")) {
				t.Errorf("the server got % x", body)
			}
		}
	})
}

// TestARepliesRestIsItsCallsFailure has a server send more or less than one struct
// in a frame. That call fails, for a stub and for a handler, and the connection goes
// on.
func TestARepliesRestIsItsCallsFailure(t *testing.T) {
	good := echoBody(wire.Binary, 0, answered)
	bad := map[string][]byte{"a second reply in the frame": append(bytes.Clone(good), reply(1)...), "a byte behind": append(bytes.Clone(good), 0)}
	for cut := range good {
		bad[fmt.Sprintf("%d of %d bytes", cut, len(good))] = good[:cut]
	}
	for name, body := range bad {
		for _, kind := range []wire.Type{wire.Reply, wire.Exception} {
			st := playInMemory(func(p *peer) {
				for n := 0; ; n++ {
					id, ok := p.read()
					if !ok {
						return
					}
					if n < 2 {
						p.Write(framedMessage(kind, id, body))
					} else {
						p.Write(reply(id))
					}
				}
			})
			c := st.client(new(client.Client))
			check(t, name, echo(t.Context(), c), outcome{code: mux.ProtocolError})
			req := &mux.Request{Method: "echo", Type: wire.Call, Protocol: wire.Binary, Body: echoBody(wire.Binary, 1, "x")}
			h := c.Handler("FooApi")
			rep, err := h.ServeThrift(t.Context(), req)
			if mux.CodeOf(err) != mux.ProtocolError || rep.Body != nil || req.Held != nil {
				t.Errorf("%s, %v: passed on as % x, %v", name, kind, rep.Body, err)
			}
			if e := (*client.Error)(nil); !errors.As(err, &e) || e.NotRun != mux.MayHaveRun || client.IsRetriable(err) {
				t.Errorf("%s: %v says that the call was not run", name, err)
			}
			check(t, name, echo(t.Context(), c), outcome{})
			if rep, err = h.ServeThrift(t.Context(), req); err != nil || !bytes.Equal(rep.Body, good) {
				t.Errorf("the next reply: % x, %v", rep.Body, err)
			}
			req.Release()
			if n := st.dials.Load(); n != 1 {
				t.Errorf("%s: %d connections, want 1", name, n)
			}
			c.Close(t.Context())
			st.end()
		}
	}
}

// TestRetriesDoNotWalkAgain shows that bytes are walked before the first sending,
// and that replies of unframed connections are not walked by the handler.
func TestRetriesDoNotWalkAgain(t *testing.T) {
	tries := 0
	st := playInMemory(func(p *peer) {
		for {
			id, ok := p.read()
			if !ok {
				return
			}
			if tries++; tries < 3 {
				p.Write(refusal(id, mux.Overloaded, mux.SendAgain))
			} else {
				p.Write(reply(id))
			}
		}
	})
	c := st.client(new(client.Client))
	body := echoBody(wire.Binary, 1, "x")
	req := &mux.Request{Method: "echo", Type: wire.Call, Protocol: wire.Binary, Body: body}
	if _, err := c.Handler("FooApi").ServeThrift(t.Context(), req); err != nil || tries != 3 || !req.Walked() {
		t.Errorf("after %d tries: %v, walked %v", tries, err, req.Walked())
	}
	req.Release()
	c.Close(t.Context())
	st.end()
}

// TestAFiltersBodyIsWalked has a filter of the client put other bytes in the place
// of those that a session or a stub made.
func TestAFiltersBodyIsWalked(t *testing.T) {
	ran := make(chan struct{}, 10)
	c := serveOn(t, "memory", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		ran <- struct{}{}
		return mux.ResultReply(req.Protocol, append(req.Scratch, req.Body...)), nil
	}), &client.Client{Dialect: wire.Buffered, Filters: []mux.Filter{func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			old := req.Body
			defer func() { req.Body = old }()
			req.Body = append(bytes.Clone(old), old...)
			return next.ServeThrift(ctx, req)
		})
	}}})
	_, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(t.Context(), "x")
	check(t, "a stub", err, outcome{code: mux.ProtocolError, notRun: true})
	req := &mux.Request{Method: "echo", Type: wire.Call, Protocol: wire.Binary, Body: echoBody(wire.Binary, 1, "x")}
	req.MarkWalked()
	_, err = c.Handler("FooApi").ServeThrift(t.Context(), req)
	check(t, "a handler", err, outcome{code: mux.ProtocolError, notRun: true})
	if len(ran) > 0 {
		t.Errorf("%d calls ran", len(ran))
	}
}

// TestRepliesOfUnframedServersAreMarked has the mark of a reply lead to its bytes
// alone.
func TestRepliesOfUnframedServersAreMarked(t *testing.T) {
	for _, d := range []wire.Dialect{wire.Framed, wire.Buffered} {
		c := serveOn(t, "memory", newMux(), &client.Client{Dialect: d, Filters: []mux.Filter{func(next mux.Handler) mux.Handler {
			return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				rep, err := next.ServeThrift(ctx, req)
				rep.Body = append(bytes.Clone(rep.Body), 0)
				return rep, err
			})
		}}})
		req := &mux.Request{Method: "echo", Type: wire.Call, Protocol: wire.Binary, Body: echoBody(wire.Binary, 1, "x")}
		_, err := c.Handler("FooApi").ServeThrift(t.Context(), req)
		check(t, d.String(), err, outcome{code: mux.ProtocolError})
	}
}
