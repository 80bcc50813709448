package server_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// echoCall is a call of a method that takes one string.
func (f form) echoCall(t *testing.T, name string, seqid int32, text string) msg {
	return msg{typ: wire.Call, name: name, seqid: seqid, body: f.encode(t, &foo.FooApiEchoArgs{Msg: text})}
}

func TestTwoServicesInterleavedOnOneConnection(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, &server.Server{Handler: fooAndBar()})
		s := speak(t, n, f)
		for round := range 3 {
			var calls []msg
			names := []string{"FooApi:echo", "BarApi:echo", "echo", ":echo"}
			for i := range 20 {
				calls = append(calls, f.echoCall(t, names[i%4], int32(i/2), fmt.Sprint("añ€😀", round, i)))
			}
			s.send(calls...)
			for i, c := range calls {
				want := fmt.Sprint("añ€😀", round, i)
				if i%4 == 1 {
					want = "bar: " + want
				}
				var result foo.FooApiEchoResult
				s.wantResult("echo", c.seqid, &result)
				if result.GetSuccess() != want {
					t.Errorf("%s %d: %q, want %q", c.name, i, result.GetSuccess(), want)
				}
			}
		}
	})
}

func TestRefusedCallsLeaveTheConnection(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, &server.Server{Handler: fooAndBar()})
		s := speak(t, n, f)
		// A list of numbers where one of strings belongs: well formed, and not to be decoded.
		c := f.codec(nil)
		ctx := t.Context()
		for _, err := range []error{
			c.WriteStructBegin(ctx, ""), c.WriteFieldBegin(ctx, "", thrift.LIST, 1), c.WriteListBegin(ctx, thrift.I32, 2),
			c.WriteI32(ctx, 1_000_000), c.WriteI32(ctx, -1), c.WriteListEnd(ctx), c.WriteFieldEnd(ctx),
			c.WriteFieldStop(ctx), c.WriteStructEnd(ctx),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		s.send(f.echoCall(t, "NoApi:echo", 1, "x"), f.echoCall(t, "FooApi:nothing", 2, "x"),
			msg{typ: wire.Call, name: "BarApi:index", seqid: 3, body: c.Out()},
			msg{typ: wire.Reply, name: "BarApi:echo", seqid: 4, body: f.encode(t, &bar.BarApiEchoArgs{})},
			f.echoCall(t, "FooApi:fail", -5, "because"), f.echoCall(t, "BarApi:echo", 6, "x"))
		s.wantException("echo", 1, mux.UnknownMethod)
		s.wantException("nothing", 2, mux.UnknownMethod)
		s.wantException("index", 3, mux.ProtocolError)
		s.wantException("echo", 4, mux.InvalidMessageType)
		var failed foo.FooApiFailResult
		if s.wantResult("fail", -5, &failed); failed.Error.GetReason() != "because" || failed.Error.GetCode() != 7 {
			t.Errorf("the declared exception is %v", failed.Error)
		}
		var result bar.BarApiEchoResult
		if s.wantResult("echo", 6, &result); result.GetSuccess() != "bar: x" {
			t.Errorf("got %q", result.GetSuccess())
		}
	})
}

// TestCutArgumentsInAFrame has a frame end within the arguments. The call is told,
// and the connection lives on: the next frame is whole.
func TestCutArgumentsInAFrame(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		if f.transport == wire.Buffered {
			return // there the rest is awaited
		}
		start(t, n, &server.Server{Handler: fooAndBar()})
		s := speak(t, n, f)
		m := f.echoCall(t, "BarApi:echo", 1, "some text")
		s.send(m) // an old call without arguments would be taken for an unframed one if it came first
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		for cut := range len(m.body) {
			whole := form{wire.Buffered, f.protocol, f.old, false}.bytes(m)
			s.sendRaw(f.wrap(whole[:len(whole)-len(m.body)-len(wire.AppendEnd(nil, f.protocol))+cut], m))
			s.wantException("echo", 1, mux.ProtocolError)
		}
		s.send(m)
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
	})
}

func TestOnewayGetsNoAnswerAndHoldsWhatFollows(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, &server.Server{Handler: fooAndBar()})
		s := speak(t, n, f)
		note := f.echoCall(t, "FooApi:note", 1, "x")
		note.typ = wire.Oneway
		asCall := f.echoCall(t, "note", 2, "x") // as Go's runtime sends it
		unknown := note
		unknown.name = "NoApi:note"
		notes := msg{typ: wire.Call, name: "FooApi:notes", seqid: 3, body: f.encode(t, &foo.FooApiNotesArgs{})}
		for round := range int32(3) {
			s.send(note, asCall, unknown, notes)
			var result foo.FooApiNotesResult
			if s.wantResult("notes", 3, &result); result.GetSuccess() != 2*(round+1) {
				t.Errorf("round %d: %d notes", round, result.GetSuccess())
			}
		}
	})
}

func TestLargeMessages(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, &server.Server{Handler: fooAndBar()})
		s := speak(t, n, f)
		blob := bytes.Repeat([]byte("0123456789abcdef\x00\xff"), 1<<20/18)
		call := msg{typ: wire.Call, name: "BarApi:blob", seqid: 1, body: f.encode(t, &bar.BarApiBlobArgs{Data: blob})}
		words := msg{typ: wire.Call, name: "BarApi:index", seqid: 2, body: f.encode(t, &bar.BarApiIndexArgs{Words: []string{"a", "b", "a"}})}
		s.send(call, words, call)
		for range 2 {
			var result bar.BarApiBlobResult
			if s.wantResult("blob", 1, &result); !bytes.Equal(result.Success, blob) {
				t.Errorf("%d bytes came back", len(result.Success))
			}
			if words.seqid == 0 {
				continue
			}
			words.seqid = 0
			var index bar.BarApiIndexResult
			s.wantResult("index", 2, &index)
			if want := map[string][]int64{"a": {0, 2}, "b": {1}}; !reflect.DeepEqual(index.Success, want) {
				t.Errorf("index %v, want %v", index.Success, want)
			}
		}
	})
}

// TestBytewise sends calls byte by byte: the first segment may have one byte.
func TestBytewise(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, &server.Server{Handler: fooAndBar()})
		s := speak(t, n, f)
		both := append(f.bytes(f.echoCall(t, "BarApi:echo", 1, "x")), f.bytes(f.echoCall(t, "DApi:echo", 2, "y"))...)
		for i := range both {
			if _, err := s.Write(both[i : i+1]); err != nil {
				t.Fatal(err)
			}
		}
		s.wantResult("echo", 1, new(bar.BarApiEchoResult))
		s.wantException("echo", 2, mux.UnknownMethod)
	})
}

// TestCutConnections ends the input at every byte of a call: what is whole is
// answered, and the connection ends.
func TestCutConnections(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		start(t, n, &server.Server{Handler: fooAndBar()})
		whole := f.bytes(f.echoCall(t, "BarApi:echo", 1, "x"))
		for cut := range len(whole) {
			s := speak(t, n, f)
			s.sendRaw(append(bytes.Clone(whole), whole[:cut]...))
			s.wantResult("echo", 1, new(bar.BarApiEchoResult))
			s.end()
			s.wantClosed()
		}
	})
}

func TestNestingIsBounded(t *testing.T) {
	forEachForm(t, func(t *testing.T, n *network, f form) {
		srv := &server.Server{Handler: fooAndBar(), MaxDepth: 10}
		start(t, n, srv)
		s := speak(t, n, f)
		c := f.codec(nil)
		ctx := t.Context()
		// An unknown field, which the stub skips.
		for range 20 {
			c.WriteStructBegin(ctx, "")
			c.WriteFieldBegin(ctx, "", thrift.STRUCT, 9)
		}
		c.WriteStructBegin(ctx, "")
		for range 20 {
			c.WriteFieldStop(ctx)
			c.WriteStructEnd(ctx)
			c.WriteFieldEnd(ctx)
		}
		c.WriteFieldStop(ctx)
		c.WriteStructEnd(ctx)
		s.send(msg{typ: wire.Call, name: "BarApi:echo", seqid: 1, body: c.Out()})
		s.wantException("echo", 1, mux.ProtocolError)
		if f.transport != wire.Buffered {
			s.send(f.echoCall(t, "BarApi:echo", 2, "x"))
			s.wantResult("echo", 2, new(bar.BarApiEchoResult))
		}
	})
}

func TestDisabledDialects(t *testing.T) {
	for _, f := range forms {
		word := f.transport.String()
		full := word
		if f.transport != wire.THeader {
			full += " " + f.protocol.String()
		}
		for _, off := range []string{word, full, "framed json", "theader", "buffered compact", "http"} {
			served := off != word && off != full
			inBubble(t, func(t *testing.T, n *network) {
				log := new(logbook)
				start(t, n, &server.Server{Handler: fooAndBar(), Disable: []string{"thriftmux", off}, ErrorLog: log.logger()})
				s := speak(t, n, f)
				s.send(f.echoCall(t, "BarApi:echo", 1, "x"))
				if served {
					s.wantResult("echo", 1, new(bar.BarApiEchoResult))
					return
				}
				s.wantClosed()
				log.want(t, full+" is switched off (Disable)")
			})
		}
	}
}

func TestDisableWantsNamesOfDialects(t *testing.T) {
	for _, name := range []string{"", "frame", "framed  json", "theader json", "tls", "zlib", "Framed"} {
		err := (&server.Server{Disable: []string{"framed", name}}).Serve(servertestListener())
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
