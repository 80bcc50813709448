package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// named is what a server sends in a dialect and a protocol: a reply or an exception
// under any name. id is the call's sequence id, or its tag.
func named(d wire.Dialect, p wire.Protocol, old bool, kind wire.Type, name string, id int32) []byte {
	var msg []byte
	if old {
		msg = wire.AppendOldHeader(nil, kind, name, id)
	} else {
		msg = wire.AppendHeader(nil, p, kind, name, id)
	}
	switch {
	case kind == wire.Exception:
		msg = append(msg, wire.AppendExceptionBody(nil, p, int32(mux.Unknown), "the server's exception")...)
	case p == wire.Compact:
		msg = append(append(append(msg, 0x08, 0, byte(len(answered))), answered...), 0)
	default:
		msg = append(append(append(msg, 0x0b, 0, 0, 0, 0, 0, byte(len(answered))), answered...), 0)
	}
	switch d {
	case wire.Buffered:
		return msg
	case wire.ThriftMux:
		return thriftmux.AppendFrame(nil, thriftmux.Frame{Type: thriftmux.Rdispatch, Tag: uint32(id), Body: append([]byte{0, 0, 0}, msg...)})
	case wire.THeader:
		w := theader.Begin(nil, theader.Header{SeqID: id, Protocol: p})
		buf, err := w.Payload()
		if err != nil {
			panic(err)
		}
		out, err := w.End(append(buf, msg...))
		if err != nil {
			panic(err)
		}
		return out
	}
	return append(wire.AppendFrameHeader(nil, len(msg)), msg...)
}

// A reply under the name of another method is the failure of its call, and the end
// of a connection whose replies are told apart by nothing else.
func TestRepliesUnderOtherNames(t *testing.T) {
	names := map[string]bool{ // whether it is the call's
		"echo":                   true,
		"FooApi:echo":            true, // C++'s server, for a service that it does not know
		"add":                    false,
		"":                       false,
		"Echo":                   false,
		"ech":                    false,
		"echoes":                 false,
		"FooApi:add":             false,
		"BarApi:echo":            false,
		":echo":                  false,
		"\xff\x00":               false,
		strings.Repeat("n", 300): false,
	}
	for _, s := range spoken {
		for _, old := range []bool{false, true} {
			if old && s.protocol != wire.Binary {
				continue
			}
			for _, kind := range []wire.Type{wire.Reply, wire.Exception} {
				for name, ok := range names {
					t.Run(fmt.Sprintf("%v %v/old %v/%v/%.12q", s.dialect, s.protocol, old, kind, name), func(t *testing.T) {
						answer := func(id int32) []byte { return named(s.dialect, s.protocol, old, kind, name, id) }
						testReplyName(t, &client.Client{Dialect: s.dialect, Protocol: s.protocol}, answer, ok)
					})
				}
			}
		}
	}
}

func testReplyName(t *testing.T, c *client.Client, answer func(id int32) []byte, ok bool) {
	isMux := c.Dialect == wire.ThriftMux
	forwarded := false
	s := func(p *peer) {
		ids := ids(p, c)
		if forwarded {
			p.Write(answer(<-ids))
			p.swallowCalls(ids)
			return
		}
		first, second := <-ids, <-ids
		p.Write(answer(first))
		p.Write(answer(second))
		p.swallowCalls(ids)
	}
	if isMux {
		s = negotiated(0, s)
	}
	for _, forwarded = range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			st := playInMemory(s)
			c := st.client(&client.Client{Dialect: c.Dialect, Protocol: c.Protocol})
			if forwarded {
				checkName(t, forwardEcho(t.Context(), c), ok)
			} else {
				errs := make(chan error, 2)
				for range 2 {
					go func() {
						_, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(t.Context(), "x")
						errs <- err
					}()
				}
				a, b := <-errs, <-errs
				var e *client.Error
				if !ok && errors.As(a, &e) && e.Code != mux.WrongMethodName {
					a, b = b, a
				}
				checkName(t, a, ok)
				if ok || isMux {
					checkName(t, b, ok)
				} else if !errors.As(b, &e) || e.Code != mux.InternalError || e.NotRun != mux.MayHaveRun || !strings.Contains(b.Error(), "under the name") {
					t.Errorf("the call behind it: %v", b)
				}
			}
			synctest.Wait() // the connection ends after its calls
			if n := st.dials.Load(); n != 1 {
				t.Errorf("%d connections", n)
			}
			if left := st.open.Load(); (left == 0) == (ok || isMux) {
				t.Errorf("%d connections are open", left)
			}
			c.Close(t.Context())
			st.end()
		})
	}
}

func checkName(t *testing.T, err error, ok bool) {
	t.Helper()
	var e *client.Error
	switch {
	case ok:
		if err != nil && !strings.Contains(err.Error(), "the server's exception") {
			t.Errorf("%v", err)
		}
	case !errors.As(err, &e) || e.Code != mux.WrongMethodName || e.NotRun != mux.MayHaveRun || client.IsRetriable(err):
		t.Errorf("%v", err)
	case !strings.Contains(err.Error(), `a call of "echo" under the name`) || len(err.Error()) > 400:
		t.Errorf("%v", err)
	}
}

// ids are the sequence ids or tags of the calls that come, until the end.
func ids(p *peer, c *client.Client) <-chan int32 {
	ids := make(chan int32)
	go func() {
		defer close(ids)
		if c.Dialect == wire.ThriftMux {
			for tag, ok := p.call(); ok; tag, ok = p.call() {
				ids <- int32(tag)
			}
			return
		}
		var in []byte
		var m wire.MessageReader
		m.Reset(c.Protocol, wire.Limits{})
		for {
			room := make([]byte, 4096)
			n, err := p.Read(room)
			if err != nil {
				return
			}
			for in = append(in, room[:n]...); len(in) > 0; {
				var size int
				msg := in
				if c.Dialect == wire.Buffered {
					if _, _, size, err = m.Next(in); err != nil || size == 0 {
						break
					}
				} else if size, err = wire.FrameSize(in, -1); err != nil || size == 0 || size > len(in) {
					break
				}
				switch c.Dialect {
				case wire.Framed:
					msg = in[wire.FrameHeaderSize:size]
				case wire.THeader:
					if _, msg, err = theader.Parse(in[wire.FrameHeaderSize:size], theader.Limits{}); err != nil {
						return
					}
				}
				h, err := wire.ParseHeader(c.Protocol, msg, 0)
				if err != nil {
					return
				}
				in = in[size:]
				ids <- h.SeqID
			}
		}
	}()
	return ids
}

// swallowCalls takes no notice of the calls that come, until the end.
func (p *peer) swallowCalls(ids <-chan int32) {
	for range ids {
	}
}

// A method that may be run twice is sent again, over another connection.
func TestReplyUnderAnotherNameIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(first(1, func(p *peer, id int32) {
			p.Write(named(wire.Framed, wire.Binary, false, wire.Reply, "add", id))
			p.swallow()
		}))
		c := st.client(&client.Client{Idempotent: func(string, string) bool { return true }})
		check(t, "call", echo(context.Background(), c), outcome{})
		if n := st.dials.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
		c.Close(t.Context())
		st.end()
	})
}
