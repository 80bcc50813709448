package load

import (
	"bytes"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// golden has calls and replies with id FirstID+1 written out: the headers of the
// binary and the compact protocol, and one field with a string.
var golden = map[string]struct {
	echo        Echo
	call, reply string
}{
	"framed binary": {
		Echo{Service: "S", Size: 10},
		"\x00\x00\x00\x24" + "\x80\x01\x00\x01\x00\x00\x00\x06S:echo\x10\x00\x00\x01" + "\x0b\x00\x01\x00\x00\x00\x0a10000001ho\x00",
		"\x00\x00\x00\x22" + "\x80\x01\x00\x02\x00\x00\x00\x04echo\x10\x00\x00\x01" + "\x0b\x00\x00\x00\x00\x00\x0a10000001ho\x00",
	},
	"mirrored": {
		Echo{Service: "S", Size: 10, Mirror: true},
		"\x00\x00\x00\x24" + "\x80\x01\x00\x01\x00\x00\x00\x06S:echo\x10\x00\x00\x01" + "\x0b\x00\x01\x00\x00\x00\x0a10000001ho\x00",
		"\x00\x00\x00\x24" + "\x80\x01\x00\x02\x00\x00\x00\x06S:echo\x10\x00\x00\x01" + "\x0b\x00\x01\x00\x00\x00\x0a10000001ho\x00",
	},
	"framed compact": {
		Echo{Method: "m", Size: 10, Protocol: wire.Compact},
		"\x00\x00\x00\x16" + "\x82\x21\x81\x80\x80\x80\x01\x01m" + "\x18\x0a10000001ho\x00",
		"\x00\x00\x00\x17" + "\x82\x41\x81\x80\x80\x80\x01\x01m" + "\x08\x00\x0a10000001ho\x00",
	},
	"unframed compact": {
		Echo{Method: "m", Size: 10, Protocol: wire.Compact, Framing: Unframed},
		"\x82\x21\x81\x80\x80\x80\x01\x01m" + "\x18\x0a10000001ho\x00",
		"\x82\x41\x81\x80\x80\x80\x01\x01m" + "\x08\x00\x0a10000001ho\x00",
	},
	"THeader": {
		Echo{Size: 10, Framing: THeader},
		"\x00\x00\x00\x30" + "\x0f\xff\x00\x00\x10\x00\x00\x01\x00\x01" + "\x00\x00\x00\x00" +
			"\x80\x01\x00\x01\x00\x00\x00\x04echo\x10\x00\x00\x01" + "\x0b\x00\x01\x00\x00\x00\x0a10000001ho\x00",
		"\x00\x00\x00\x34" + "\x0f\xff\x00\x00\x10\x00\x00\x01\x00\x02" + "\x00\x00\x01\x01\x01k\x01v" +
			"\x80\x01\x00\x02\x00\x00\x00\x04echo\x10\x00\x00\x01" + "\x0b\x00\x00\x00\x00\x00\x0a10000001ho\x00",
	},
	"ThriftMux": {
		Echo{Size: 10, Framing: ThriftMux, Protocol: wire.Compact, Method: "m"},
		"\x00\x00\x00\x20" + "\x02\x00\x00\x03\x00\x00\x00\x00\x00\x00" +
			"\x82\x21\x81\x80\x80\x80\x01\x01m" + "\x18\x0a10000001ho\x00",
		"\x00\x00\x00\x24" + "\xfe\x00\x00\x03\x00\x00\x01\x00\x01k\x00\x01v" +
			"\x82\x41\x81\x80\x80\x80\x01\x01m" + "\x08\x00\x0a10000001ho\x00",
	},
	"framed JSON": {
		Echo{Service: "S", Size: 10, Protocol: wire.JSON},
		"\x00\x00\x00\x33" + `[1,"S:echo",1,268435457,{"1":{"str":"10000001ho"}}]`,
		"\x00\x00\x00\x31" + `[1,"echo",2,268435457,{"0":{"str":"10000001ho"}}]`,
	},
	"unframed JSON": {
		Echo{Size: 10, Protocol: wire.JSON, Framing: Unframed},
		`[1,"echo",1,268435457,{"1":{"str":"10000001ho"}}]`,
		`[1,"echo",2,268435457,{"0":{"str":"10000001ho"}}]`,
	},
	"HTTP": {
		Echo{Method: "m", Size: 10, Framing: HTTP},
		"POST / HTTP/1.1\r\nHost: load\r\nContent-Type: application/x-thrift\r\nContent-Length: 31\r\n\r\n" +
			"\x80\x01\x00\x01\x00\x00\x00\x01m\x10\x00\x00\x01" + "\x0b\x00\x01\x00\x00\x00\x0a10000001ho\x00",
		"HTTP/1.1 200 OK\r\nDate: today\r\ncontent-length:31 \r\nServer: s\r\n\r\n" +
			"\x80\x01\x00\x02\x00\x00\x00\x01m\x10\x00\x00\x01" + "\x0b\x00\x00\x00\x00\x00\x0a10000001ho\x00",
	},
	"no room for an id": {
		Echo{Size: 3, Framing: Unframed},
		"\x80\x01\x00\x01\x00\x00\x00\x04echo\x10\x00\x00\x01" + "\x0b\x00\x01\x00\x00\x00\x0307q\x00",
		"\x80\x01\x00\x02\x00\x00\x00\x04echo\x10\x00\x00\x01" + "\x0b\x00\x00\x00\x00\x00\x0307q\x00",
	},
}

func TestEcho(t *testing.T) {
	for name, g := range golden {
		t.Run(name, func(t *testing.T) {
			calls := g.echo.Open(0)
			if got := calls.AppendCall(nil, FirstID+1); string(got) != g.call {
				t.Errorf("the call is\n%q, want\n%q", got, g.call)
			}
			n, id, o, err := calls.Reply([]byte(g.reply + "more"))
			if n != len(g.reply) || id != FirstID+1 || o != Right || err != nil {
				t.Errorf("the reply is judged %d %x %d %v, want %d %x %d", n, id, o, err, len(g.reply), FirstID+1, Right)
			}
			for i := range g.reply {
				if n, _, _, err := calls.Reply([]byte(g.reply[:i])); n != 0 || err != nil {
					t.Errorf("the first %d bytes of the reply are judged %d %v", i, n, err)
				}
			}
		})
	}
}

// TestEchoNoticesEveryByte changes one byte of the reply's message after the
// other: none of the changed replies may be right.
func TestEchoNoticesEveryByte(t *testing.T) {
	for name, g := range golden {
		calls := g.echo.Open(0).(*echoCalls)
		for i := len(g.reply) - len(calls.reply.bytes); i < len(g.reply); i++ {
			b := []byte(g.reply)
			b[i] ^= 1
			if n, id, o, _ := calls.Reply(b); n > 0 && o == Right && id == FirstID+1 {
				t.Errorf("%s: right with byte %d changed", name, i)
			}
		}
	}
}

// TestEchoNoticesTheOuterID changes the id that stands outside of the message.
func TestEchoNoticesTheOuterID(t *testing.T) {
	for name, at := range map[string]int{"THeader": 11, "ThriftMux": 7} {
		g := golden[name]
		b := []byte(g.reply)
		b[at] ^= 1
		if n, _, o, err := g.echo.Open(0).Reply(b); err == nil {
			t.Errorf("%s: judged %d %d", name, n, o)
		}
	}
}

func TestEchoJudges(t *testing.T) {
	framed := Echo{Service: "S", Size: 10}
	frame := func(message []byte) []byte { return append(wire.AppendFrameHeader(nil, len(message)), message...) }
	exception := wire.AppendException(nil, wire.Binary, "echo", FirstID+7, 1, "unknown")
	for name, c := range map[string]struct {
		echo  Echo
		reply []byte
		want  Outcome // 0: an error
	}{
		"another connection's":       {framed, Echo{Size: 10}.Open(1).AppendCall(nil, FirstID+7), Wrong},
		"a shorter reply":            {framed, Echo{Size: 9}.Open(0).AppendCall(nil, FirstID+7), Wrong},
		"an exception":               {framed, frame(exception), Exception},
		"no message":                 {framed, frame([]byte("\x80\x01")), 0},
		"another version":            {framed, frame([]byte("\x80\x02\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00")), 0},
		"a negative length":          {framed, []byte("\xff\xff\xff\xff"), 0},
		"a message of THeader's cut": {Echo{Framing: THeader}, frame([]byte("\x0f\xff\x00\x00\x00\x00\x00\x00\x00\x01")), 0},
		"a nack":                     {Echo{Framing: ThriftMux}, frame([]byte("\xfe\x00\x00\x09\x02\x00\x00")), Exception},
		"an Rerr":                    {Echo{Framing: ThriftMux}, frame([]byte("\x7f\x00\x00\x09no")), 0},
		"contexts cut":               {Echo{Framing: ThriftMux}, frame([]byte("\xfe\x00\x00\x09\x00\x00\x01\x00\x05k")), 0},
		"unframed exception":         {Echo{Framing: Unframed}, exception, 0},
		"a JSON exception":           {Echo{Protocol: wire.JSON}, frame(wire.AppendException(nil, wire.JSON, "echo", FirstID+7, 1, "unknown")), Exception},
		"an unframed JSON call":      {Echo{Protocol: wire.JSON, Framing: Unframed}, []byte(`[1,"echo",1,268435463,`), 0},
		"an exception over HTTP":     {Echo{Framing: HTTP}, append([]byte("HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n"), exception...), Exception},
		"another status":             {Echo{Framing: HTTP}, []byte("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), 0},
		"a body of no length":        {Echo{Framing: HTTP}, []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), 0},
		"a body of a huge length":    {Echo{Framing: HTTP}, []byte("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"), 0},
		"an empty body":              {Echo{Framing: HTTP}, []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), 0},
		"a header without an end":    {Echo{Framing: HTTP}, bytes.Repeat([]byte("k: v\r\n"), maxHead/6+1), 0},
	} {
		calls := c.echo.Open(0)
		calls.AppendCall(nil, FirstID+8)
		n, id, o, err := calls.Reply(c.reply)
		if c.want == 0 {
			if err == nil {
				t.Errorf("%s: judged %d without an error", name, o)
			}
			continue
		}
		if n != len(c.reply) || id != FirstID+7 || o != c.want || err != nil {
			t.Errorf("%s: judged %d %x %d %v, want %d %x %d", name, n, id, o, err, len(c.reply), FirstID+7, c.want)
		}
	}
}

func TestEchoAllocatesNothing(t *testing.T) {
	for name, g := range golden {
		calls := g.echo.Open(0)
		buf, reply := make([]byte, 0, 200), []byte(g.reply)
		allocs := testing.AllocsPerRun(100, func() {
			buf = calls.AppendCall(buf[:0], FirstID+1)
			if _, _, o, _ := calls.Reply(reply); o != Right {
				t.Fatal("not right")
			}
		})
		if allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

func FuzzEchoReply(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.reply), byte(g.echo.Framing), byte(g.echo.Protocol))
	}
	// The header of a call, where only a reply has a size that is known.
	f.Add([]byte("\x80\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"), byte(Unframed), byte(wire.Binary))
	f.Fuzz(func(t *testing.T, b []byte, framing, protocol byte) {
		e := Echo{Size: 10, Framing: Framing(framing) % (HTTP + 1), Protocol: wire.Protocol(protocol) % (wire.JSON + 1)}
		calls := e.Open(0)
		n, _, o, err := calls.Reply(bytes.Clone(b))
		if n < 0 || n > len(b) || (n > 0) != (o != 0) || n > 0 && err != nil {
			t.Fatalf("judged %d %d %v of %d bytes", n, o, err, len(b))
		}
	})
}
