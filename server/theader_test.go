package server_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// headerForms are the forms of THeader.
var headerForms = forms[8:]

func forEachHeaderForm(t *testing.T, run func(t *testing.T, n *network, f form)) {
	for _, f := range headerForms {
		t.Run(f.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) { run(t, n, f) })
		})
	}
}

// headerService answers echo with the header that its argument names, and sends
// that back as "was" through the runtime's helper.
type headerService struct{ bar.BarApi }

func (headerService) Echo(ctx context.Context, key string) (string, error) {
	v, ok := thrift.GetHeader(ctx, key)
	if !ok {
		return "none", nil
	}
	helper, _ := thrift.GetResponseHelper(ctx)
	helper.SetHeader("was", v)
	if v == "fail" {
		return "", errors.New("on purpose")
	}
	return v, nil
}

func TestHeadersOfACall(t *testing.T) {
	forEachHeaderForm(t, func(t *testing.T, n *network, f form) {
		m := mux.New()
		m.Register("BarApi", bar.NewBarApiProcessor(headerService{}))
		start(t, n, &server.Server{Handler: m})
		s := speak(t, n, f)
		call := func(seqid int32, h mux.Header) msg {
			c := f.echoCall(t, "BarApi:echo", seqid, "k")
			c.header = h
			return c
		}
		s.send(call(1, mux.Header{{Key: "k", Value: "v1"}, {Key: "other", Value: "x"}}), call(2, nil),
			call(3, mux.Header{{Key: "k", Value: "fail"}}), call(4, mux.Header{{Key: "k", Value: "v4"}}))
		want := func(m msg, value string) {
			t.Helper()
			if m.header.Get("was") != value || len(m.header) > 1 {
				t.Errorf("reply %d has headers %v, want was=%s", m.seqid, m.header, value)
			}
		}
		var result bar.BarApiEchoResult
		want(s.wantResult("echo", 1, &result), "v1")
		want(s.wantResult("echo", 2, &result), "")
		if result.GetSuccess() != "none" {
			t.Errorf("the header of call 1 leaked into call 2: %q", result.GetSuccess())
		}
		want(s.wantException("echo", 3, mux.InternalError), "fail")
		want(s.wantResult("echo", 4, &result), "v4")
	})
}

// TestHeadersOfAFilter sets a reply's headers without the runtime.
func TestHeadersOfAFilter(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		filter := func(next mux.Handler) mux.Handler {
			return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				rep, err := next.ServeThrift(ctx, req)
				rep.Header.Set("service", req.Service+fmt.Sprint(req.ReplyHeader))
				return rep, err
			})
		}
		start(t, n, &server.Server{Handler: fooAndBar(), Filters: []mux.Filter{filter}})
		s := speak(t, n, headerForms[0])
		s.send(s.echoCall(t, "FooApi:echo", 1, "x"), s.echoCall(t, "NoApi:echo", 2, "x"))
		for _, want := range []string{"FooApitrue", "NoApitrue"} {
			if m := s.recv(); m.header.Get("service") != want {
				t.Errorf("headers %v, want %s", m.header, want)
			}
		}
	})
}

func TestReplyHeadersThatFitNoFrame(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		start(t, n, &server.Server{Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (rep mux.Reply, err error) {
			if req.SeqID == 2 {
				rep.Header.Add("big", strings.Repeat("x", theader.MaxHeaderSize))
			}
			rep.Type, rep.Body = wire.Reply, req.Body
			return rep, nil
		})})
		s := speak(t, n, headerForms[0])
		for i := range int32(3) {
			s.send(s.echoCall(t, "a", i+1, "x"))
		}
		s.wantResult("a", 1, new(bar.BarApiEchoArgs))
		s.wantException("a", 2, mux.InternalError)
		s.wantResult("a", 3, new(bar.BarApiEchoArgs))
	})
}

// TestOutOfOrderReplies has the first of many calls end last: the others are
// answered before it if the client's flag allows that, and after it if not.
func TestOutOfOrderReplies(t *testing.T) {
	const calls = 10
	forEachHeaderForm(t, func(t *testing.T, n *network, f form) {
		var gates = make(chan chan struct{}, 1)
		start(t, n, handle(func(_ context.Context, req *mux.Request) error {
			if req.SeqID == 0 {
				<-<-gates
			}
			return nil
		}))
		s := speak(t, n, f)
		for _, flags := range []uint16{theader.FlagOutOfOrder, 0, 0x8001, 0x8000, 0} {
			gate := make(chan struct{})
			gates <- gate
			var ms []msg
			for i := range int32(calls) {
				m := f.echoCall(t, "A:b", i, "x")
				m.flags = flags
				ms = append(ms, m)
			}
			s.send(ms...)
			outOfOrder := flags&theader.FlagOutOfOrder != 0
			if !outOfOrder {
				synctest.Wait() // the others have ended
				close(gate)
			}
			for i := range calls {
				if outOfOrder && i == calls-1 {
					close(gate)
				}
				m := s.recv()
				if m.flags != flags || !outOfOrder && m.seqid != int32(i) || outOfOrder && (m.seqid == 0) != (i == calls-1) {
					t.Errorf("flags %#x: reply %d has seqid %d and flags %#x", flags, i, m.seqid, m.flags)
				}
			}
		}
	})
}

// TestOrderChangesBetweenCalls sends calls with and without the flag in one
// write: one without it is not overtaken by what came before or after it.
func TestOrderChangesBetweenCalls(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		start(t, n, handle(func(context.Context, *mux.Request) error {
			runtime.Gosched()
			return nil
		}))
		s := speak(t, n, headerForms[0])
		var ms []msg
		for i := range int32(60) {
			m := s.echoCall(t, "A:b", i, "x")
			if i/10%2 == 0 {
				m.flags = theader.FlagOutOfOrder
			}
			ms = append(ms, m)
		}
		s.send(ms...)
		seen := make(map[int32]bool)
		for i := range int32(60) {
			m := s.recv()
			if seen[m.seqid] || m.seqid/10 != i/10 || m.flags == 0 && m.seqid != i {
				t.Errorf("reply %d has seqid %d", i, m.seqid)
			}
			seen[m.seqid] = true
		}
	})
}

// TestOrderChangesBehindCallsThatTakeTheBufferAlong: the call that changes the order
// has its own arguments, though those before it are most of what was read.
func TestOrderChangesBehindCallsThatTakeTheBufferAlong(t *testing.T) {
	forEachHeaderForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, handle(func(context.Context, *mux.Request) error { return nil }))
		s := speak(t, n, f)
		for calls := int32(4); calls < 6; calls++ {
			var ms []msg
			for i := range calls {
				m := f.echoCall(t, "A:b", i, strings.Repeat("x", 700-int(i)))
				if i >= 3 {
					m.flags = theader.FlagOutOfOrder
				}
				ms = append(ms, m)
			}
			s.send(ms...)
			for range calls {
				m := s.recv()
				if want := ms[m.seqid].body; !bytes.Equal(m.body, want) {
					t.Errorf("reply %d has %d bytes, want %d", m.seqid, len(m.body), len(want))
				}
			}
		}
	})
}

// TestAClientThatGoesWhileTheOrderChanges is noticed, though no call may start.
func TestAClientThatGoesWhileTheOrderChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		s := newSeries(t)
		s.MaxCallsPerConn, s.HalfCloseGrace = 0, 100*time.Millisecond
		start(t, n, s.Server)
		for _, leave := range []func(net.Conn){n.reset, func(c net.Conn) { c.Close() }} {
			p := speak(t, n, headerForms[0])
			slow, next := p.echoCall(t, "A:slow", 1, "x"), p.echoCall(t, "A:b", 2, "x")
			next.flags = theader.FlagOutOfOrder
			p.send(slow, next)
			<-p.sent
			s.await(1)
			leave(p.Conn)
			if err := <-s.ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the call's context has ended with %v", err)
			}
		}
	})
}

// headerFrame lays out a THeader frame by hand; size is what the length says more
// than there is.
func headerFrame(seqid int32, header, payload []byte) []byte {
	for len(header)%4 != 0 {
		header = append(header, 0)
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(10+len(header)+len(payload)))
	b = append(b, 0x0f, 0xff, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(seqid))
	b = binary.BigEndian.AppendUint16(b, uint16(len(header)/4))
	return append(append(b, header...), payload...)
}

// wholeCall is a call without a frame, with any bytes for its body.
func wholeCall(p wire.Protocol, name string, seqid int32, body string) []byte {
	return wire.AppendEnd(append(wire.AppendHeader(nil, p, wire.Call, name, seqid), body...), p)
}

// TestUnsupportedFrames wants an exception and a connection that lives.
func TestUnsupportedFrames(t *testing.T) {
	call := wholeCall(wire.Binary, "FooApi:echo", 5, "\x00")
	for name, c := range map[string]struct {
		frame    []byte
		protocol wire.Protocol
		method   string
		code     mux.Code
	}{
		"JSON inside":         {headerFrame(5, []byte{1, 0}, wholeCall(wire.JSON, "FooApi:echo", 5, "{}")), wire.JSON, "echo", mux.InvalidProtocol},
		"JSON inside, zlib":   {headerFrame(5, []byte{1, 1, 1}, theader.Deflate(nil, wholeCall(wire.JSON, "FooApi:echo", 5, "{}"))), wire.JSON, "echo", mux.InvalidProtocol},
		"unknown protocol":    {headerFrame(5, []byte{7, 0}, call), wire.Binary, "", mux.InvalidProtocol},
		"snappy":              {headerFrame(5, []byte{0, 1, 3}, call), wire.Binary, "", mux.InvalidTransform},
		"snappy in compact":   {headerFrame(5, []byte{2, 1, 3}, call), wire.Compact, "", mux.InvalidTransform},
		"zlib and snappy":     {headerFrame(5, []byte{0, 2, 1, 3}, call), wire.Binary, "", mux.InvalidTransform},
		"both are unknown":    {headerFrame(5, []byte{9, 1, 3}, call), wire.Binary, "", mux.InvalidProtocol},
		"an undecodable body": {headerFrame(5, []byte{0, 0}, wholeCall(wire.Binary, "BarApi:echo", 5, "\x0b\x00\x01\xff\xff\xff\xff\x00")), wire.Binary, "echo", mux.ProtocolError},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				start(t, n, &server.Server{Handler: fooAndBar()})
				s := speak(t, n, form{transport: wire.THeader, protocol: wire.Binary, zlib: true})
				good := s.echoCall(t, "BarApi:echo", 6, "x")
				s.sendRaw(append(append(bytes.Clone(c.frame), s.bytes(good)...), c.frame...))
				for round := range 2 {
					s.form.protocol = c.protocol
					s.wantException(c.method, 5, c.code)
					s.form.protocol = wire.Binary
					if round == 0 {
						s.wantResult("echo", 6, new(bar.BarApiEchoResult))
					}
				}
			})
		})
	}
}

// TestHostileFrames wants an end of the connection, and no answer but to calls
// that can be named.
func TestHostileFrames(t *testing.T) {
	call := wholeCall(wire.Binary, "FooApi:echo", 5, "\x00")
	bomb := theader.Deflate(nil, make([]byte, 8<<20)) // 8 KB
	noise := bytes.Repeat([]byte{0x5a}, 40)
	for name, c := range map[string]struct {
		frame []byte
		log   string // what the line in the log says
	}{
		"no magic":               {append([]byte{0, 0, 0, 40}, noise...), "magic"},
		"header over the frame":  {[]byte{0, 0, 0, 12, 0x0f, 0xff, 0, 0, 0, 0, 0, 5, 0, 9, 0, 0}, "header"},
		"no header":              {headerFrame(5, nil, call), "protocol id"},
		"endless varint":         {headerFrame(5, bytes.Repeat([]byte{0xff}, 12), call), "protocol id over 31 bits"},
		"many transforms":        {headerFrame(5, []byte{0, 0xff, 0xff, 3}, call), "count of transforms"},
		"many pairs":             {headerFrame(5, []byte{0, 0, 1, 0xff, 0xff, 3}, call), "count of key-values"},
		"a key over the header":  {headerFrame(5, []byte{0, 0, 1, 1, 99, 'x'}, call), "key of 99 bytes"},
		"headers over the limit": {headerFrame(5, append([]byte{0, 0, 1, 1, 1, 'k', 0xf0, 7}, make([]byte, 1100)...), call), "MaxHeaderBytes"},
		"half a message":         {headerFrame(5, []byte{0, 0}, call[:9]), "ends too early"},
		"no binary message":      {headerFrame(5, []byte{0, 0}, noise), "wire:"},
		"no zlib stream":         {headerFrame(5, []byte{0, 1, 1}, call), "zlib stream"},
		"a cut zlib stream":      {headerFrame(5, []byte{0, 1, 1}, theader.Deflate(nil, call)[:9]), "zlib stream"},
		"behind a zlib stream":   {headerFrame(5, []byte{0, 1, 1}, append(theader.Deflate(nil, call), 0)), "behind its zlib stream"},
		"a zlib bomb":            {headerFrame(5, []byte{0, 1, 1}, bomb), "MaxMessageSize"},
		"a frame over the limit": {append([]byte{0, 0x10, 0, 1}, headerFrame(5, []byte{0, 1, 1}, call)[4:]...), "MaxMessageSize"},
		"a negative length":      {append([]byte{0x80, 0, 0, 0}, noise...), "negative"},
		"a name over the limit":  {headerFrame(5, []byte{0, 0}, wholeCall(wire.Binary, strings.Repeat("n", 1025), 5, "\x00")), "MaxNameLen"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				log := new(logbook)
				start(t, n, &server.Server{Handler: fooAndBar(), ErrorLog: log.logger(), MaxMessageSize: 1 << 20, MaxHeaderBytes: 1000, MaxInflateRatio: -1})
				s := speak(t, n, headerForms[0])
				// Behind a good call, so that the dialect is known.
				s.sendRaw(append(s.bytes(s.echoCall(t, "BarApi:echo", 1, "x")), c.frame...))
				s.wantResult("echo", 1, new(bar.BarApiEchoResult))
				s.end()
				s.wantClosed()
				synctest.Wait()
				log.want(t, c.log)
			})
		})
	}
}

// TestOversizedFrameIsAnswered wants the caller of a frame over the limit to
// learn so, as soon as it can be told who that is.
func TestOversizedFrameIsAnswered(t *testing.T) {
	forEachHeaderForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, &server.Server{Handler: fooAndBar(), MaxMessageSize: 1 << 10})
		whole := f.bytes(msg{typ: wire.Call, name: "BarApi:blob", seqid: 3, header: mux.Header{{Key: "k", Value: "v"}},
			body: f.encode(t, &bar.BarApiBlobArgs{Data: []byte(strings.Repeat("0123456789", 200))})})
		if f.zlib {
			return // the frame is small: see the bomb
		}
		s := speak(t, n, f)
		first := f.bytes(f.echoCall(t, "BarApi:echo", 1, "x"))
		s.sendRaw(append(first, whole[:100]...)) // the names, and some of the body
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		m := s.wantException("blob", 3, mux.ProtocolError)
		if _, text, _ := wire.ParseException(f.protocol, m.body); !strings.Contains(text, "limit of 1024") {
			t.Errorf("told %q", text)
		}
		s.end()
		s.wantClosed()
	})
}

// TestInflatedBytesCount holds calls whose bodies come out of small frames: they
// count against the bounds as what they are.
func TestInflatedBytesCount(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		f := form{transport: wire.THeader, protocol: wire.Binary, zlib: true}
		g := newGate(t)
		start(t, n, &server.Server{MaxBytes: 5 << 20, MaxConnBytes: -1, MaxInflateRatio: -1, Handler: mux.HandlerFunc(
			func(_ context.Context, req *mux.Request) (mux.Reply, error) {
				g.pass()
				return mux.Reply{Type: wire.Reply, Body: []byte{0}}, nil
			})})
		s := speak(t, n, f)
		blob := msg{typ: wire.Call, name: "BarApi:blob", body: f.encode(t, &bar.BarApiBlobArgs{Data: make([]byte, 1<<20)})}
		var blobs []msg
		for i := range int32(8) {
			blob.seqid = i
			blobs = append(blobs, blob)
		}
		s.send(blobs...)
		synctest.Wait()
		if ran := len(g.came); ran < 2 || ran > 3 { // each may take twice its size while it grows
			t.Errorf("%d calls of a little over 1 MiB run at once, want as many as fit into half of 5 MiB", ran)
		}
		g.open()
		for i := range int32(8) {
			if m := s.recv(); m.typ != wire.Reply || m.seqid != i {
				t.Errorf("got %v %d, want the reply to %d", m.typ, m.seqid, i)
			}
		}
	})
}

// TestBombsSideBySide inflates bombs on many connections, within what the server
// may hold.
func TestBombsSideBySide(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		log := new(logbook)
		srv := &server.Server{Handler: fooAndBar(), MaxBytes: 4 << 20, MaxInflateRatio: -1, ErrorLog: log.logger()}
		start(t, n, srv)
		bomb := headerFrame(5, []byte{0, 1, 1}, theader.Deflate(nil, make([]byte, 32<<20)))
		for range 5 {
			s := speak(t, n, headerForms[0])
			s.sendRaw(bomb)
			s.wantClosed()
		}
		s := speak(t, n, headerForms[1])
		s.send(s.echoCall(t, "BarApi:echo", 1, "x")) // nothing of the bombs is still counted
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
	})
}

// TestADamagedStreamIsGivenBack: what is counted for a large stream is given back when
// it turns out to be damaged, also where more could come out of it than an int counts.
func TestADamagedStreamIsGivenBack(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		srv := &server.Server{Handler: fooAndBar(), MaxMessageSize: -1}
		start(t, n, srv)
		stream := theader.Deflate(nil, noise(3<<20))
		stream[len(stream)/2] ^= 0xff
		stream[len(stream)-1] ^= 0xff
		s := speak(t, n, headerForms[0])
		s.sendRaw(headerFrame(5, []byte{0, 1, 1}, stream))
		s.wantClosed()
		synctest.Wait()
		if calls, bytes := server.Held(srv); calls != 0 || bytes != 0 {
			t.Errorf("%d calls and %d bytes are counted", calls, bytes)
		}
		s = speak(t, n, headerForms[1])
		s.send(s.echoCall(t, "BarApi:echo", 1, "x"))
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
	})
}
