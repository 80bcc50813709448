package client_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// results is the result of FooApi.echo in each protocol.
var results = map[wire.Protocol]string{
	wire.Binary:  "\x0b\x00\x00\x00\x00\x00\x08" + answered + "\x00",
	wire.Compact: "\x08\x00\x08" + answered + "\x00",
	wire.JSON:    `{"0":{"str":"` + answered + `"}}`,
}

// message is a reply in protocol p.
func message(p wire.Protocol, kind wire.Type, id int32, body []byte) []byte {
	return wire.AppendEnd(append(wire.AppendHeader(nil, p, kind, "echo", id), body...), p)
}

// translator is a script of a server that answers in protocol to, in the frames of a
// dialect: with a result, with an exception to every third call.
func translator(d wire.Dialect, to wire.Protocol) script {
	answer := func(p *peer, id int32, wrap func([]byte) []byte) {
		if id%3 == 0 {
			p.Write(wrap(message(to, wire.Exception, id, wire.AppendExceptionBody(nil, to, int32(mux.UnknownMethod), "what?"))))
			return
		}
		p.Write(wrap(message(to, wire.Reply, id, []byte(results[to]))))
	}
	if d == wire.ThriftMux {
		return negotiated(0, func(p *peer) {
			for id := int32(1); ; id++ {
				tag, ok := p.call()
				if !ok {
					return
				}
				answer(p, id, func(msg []byte) []byte {
					out, mark := thriftmux.BeginFrame(nil, thriftmux.Rdispatch, tag)
					out = append(thriftmux.AppendRdispatch(out, thriftmux.Response{}), msg...)
					thriftmux.EndFrame(out, mark)
					return out
				})
			}
		})
	}
	return func(p *peer) {
		for {
			var length [4]byte
			if _, err := io.ReadFull(p, length[:]); err != nil {
				return
			}
			msg := make([]byte, binary.BigEndian.Uint32(length[:]))
			if _, err := io.ReadFull(p, msg); err != nil {
				return
			}
			from := wire.Binary
			if d == wire.THeader {
				h, payload, err := theader.Parse(msg, theader.Limits{})
				if err != nil {
					return
				}
				from, msg = h.Protocol, payload
			} else if msg[0] == 0x82 {
				from = wire.Compact
			}
			h, err := wire.ParseHeader(from, msg, 0)
			if err != nil {
				return
			}
			answer(p, h.SeqID, func(msg []byte) []byte {
				if d == wire.THeader {
					frame, _ := theader.Append(nil, theader.Header{SeqID: h.SeqID, Protocol: to}, msg)
					return frame
				}
				return append(wire.AppendFrameHeader(nil, len(msg)), msg...)
			})
		}
	}
}

// A reply is read in the protocol that it is in, whichever the call was in. A caller
// that passes bytes on can take exceptions so, and results in no protocol but its own.
func TestRepliesInAnotherProtocol(t *testing.T) {
	for _, d := range []wire.Dialect{wire.Framed, wire.THeader, wire.ThriftMux} {
		for _, from := range []wire.Protocol{wire.Binary, wire.Compact} {
			for to := range results {
				t.Run(d.String()+" "+from.String()+" "+to.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { repliesInAnother(t, d, from, to) })
				})
			}
		}
	}
}

func repliesInAnother(t *testing.T, d wire.Dialect, from, to wire.Protocol) {
	noneLeft(t)
	if d == wire.THeader && to == wire.JSON {
		return // its frames have no number for it
	}
	st := playInMemory(translator(d, to))
	c := st.client(&client.Client{Dialect: d, Protocol: from})
	unknown := outcome{code: mux.UnknownMethod, exception: true}
	for _, want := range []outcome{{}, {}, unknown, {}} {
		check(t, "stub's call", echo(t.Context(), c), want)
	}
	forward := func() (mux.Reply, error) {
		body := []byte{0}
		req := &mux.Request{Name: "echo", Method: "echo", Type: wire.Call, Protocol: from, SeqID: 7, Body: body}
		rep, err := c.Handler("").ServeThrift(t.Context(), req)
		rep.Body = append([]byte(nil), rep.Body...)
		req.Release()
		return rep, err
	}
	rep, err := forward()
	if want := (outcome{code: mux.ProtocolError, text: "in protocol " + to.String()}); to != from {
		check(t, "forwarded call", err, want)
	} else if err != nil || string(rep.Body) != results[to] {
		t.Errorf("forwarded call: %q, %v", rep.Body, err)
	}
	rep, err = forward()
	if code, text, perr := wire.ParseException(from, rep.Body); err != nil || perr != nil ||
		rep.Type != wire.Exception || rep.EncodedIn(&mux.Request{Protocol: from}) != from || code != int32(mux.UnknownMethod) || text != "what?" {
		t.Errorf("forwarded call that is refused: %+v, %v", rep, err)
	}
	check(t, "stub's call behind them", echo(t.Context(), c), outcome{})
	if n := st.dials.Load(); n != 1 {
		t.Errorf("%d connections were dialed, want 1", n)
	}
	c.Close(t.Context())
	st.end()
}

// An exception in another protocol that cannot be read is a failure of its call.
func TestExceptionThatIsNoneInAnotherProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		st := playInMemory(func(p *peer) {
			id, _ := p.read()
			msg := message(wire.Compact, wire.Exception, id, []byte{0x18, 99})
			p.Write(append(wire.AppendFrameHeader(nil, len(msg)), msg...))
			p.answer()
		})
		c := st.client(&client.Client{})
		check(t, "call", echo(t.Context(), c), outcome{code: mux.ProtocolError, text: "exception"})
		check(t, "call behind it", echo(t.Context(), c), outcome{})
		c.Close(t.Context())
		st.end()
	})
}

// Empty frames between replies are passed over, such as Finagle's answers to oneway
// calls, and the THeader frames without a message that Apache's C++ servers send when
// they close. They are no sign of life.
func TestBytesBetweenReplies(t *testing.T) {
	for _, d := range []wire.Dialect{wire.Framed, wire.THeader} {
		synctest.Test(t, func(t *testing.T) {
			noneLeft(t)
			filler := make([]byte, 12)
			if d == wire.THeader {
				filler = append(filler, 0, 0, 0, 14, 0x0f, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 2, 0, 0, 0)
			}
			serve := translator(d, wire.Binary)
			st := playInMemory(func(p *peer) {
				if p.n == 1 {
					p.Write(filler)
				}
				p.Conn = filled{p.Conn, filler}
				serve(p)
			})
			var ended []error
			c := st.client(&client.Client{Dialect: d, Observer: mux.Observer{Closed: func(_ *mux.Peer, err error) { ended = append(ended, err) }}})
			check(t, "oneway call", note(t.Context(), c), outcome{})
			check(t, "call", echo(t.Context(), c), outcome{})
			check(t, "call behind it", echo(t.Context(), c), outcome{})
			c.Close(t.Context())
			if len(ended) != 1 || ended[0] != nil {
				t.Errorf("the connections ended with %v, want one without an error", ended)
			}
			st.end()

			st = playInMemory(func(p *peer) {
				go p.swallow()
				for {
					if _, err := p.Write(filler); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			})
			c = st.client(&client.Client{Dialect: d})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			check(t, "abandoned call", echo(ctx, c), outcome{code: mux.DeadlineExceeded})
			check(t, "call to a server that sends nothing else", echo(t.Context(), c), lost("StallTimeout"))
			c.Close(t.Context())
			st.end()
		})
	}
}

// filled writes the filler before and behind all that is written.
type filled struct {
	net.Conn
	filler []byte
}

func (f filled) Write(b []byte) (int, error) {
	_, err := f.Conn.Write(slices.Concat(f.filler, b, f.filler))
	return len(b), err
}
