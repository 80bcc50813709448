package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// A rawConn is a connection to which any bytes can be written, and from which
// Apache's runtime reads messages.
type rawConn struct {
	t       *testing.T
	tcp     *net.TCPConn
	dialect dialect
	in      thrift.TProtocol
}

// A reply is what comes back: the header and, in place of the body, the string
// of an answer or "type N" of an exception.
type reply struct {
	name  string
	kind  thrift.TMessageType
	seqID int32
	body  string
}

func dialRaw(t *testing.T, s *server, d dialect) *rawConn {
	conn, err := net.Dial("tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c := &rawConn{t: t, tcp: conn.(*net.TCPConn), dialect: d}
	c.in = c.protocol(c.transport(thrift.NewStreamTransportR(conn)))
	return c
}

func (c *rawConn) transport(below thrift.TTransport) thrift.TTransport {
	if c.dialect.framed() {
		return thrift.NewTFramedTransportConf(below, nil)
	}
	return below
}

func (c *rawConn) protocol(on thrift.TTransport) thrift.TProtocol {
	switch c.dialect.protocol {
	case "compact":
		return thrift.NewTCompactProtocolConf(on, nil)
	case "json":
		return thrift.NewTJSONProtocol(on)
	}
	strict := c.dialect.protocol != "binary+old"
	return thrift.NewTBinaryProtocolConf(on, &thrift.TConfiguration{TBinaryStrictWrite: &strict})
}

func (c *rawConn) send(message []byte) {
	c.t.Helper()
	if _, err := c.tcp.Write(message); err != nil {
		c.t.Fatal(err)
	}
}

// encode returns the bytes of a message.
func (c *rawConn) encode(name string, kind thrift.TMessageType, seqID int32, args thrift.TStruct) []byte {
	c.t.Helper()
	ctx := context.Background()
	memory := thrift.NewTMemoryBuffer()
	out := c.protocol(c.transport(memory))
	err := errors.Join(
		out.WriteMessageBegin(ctx, name, kind, seqID),
		args.Write(ctx, out),
		out.WriteMessageEnd(ctx),
		out.Flush(ctx))
	if err != nil {
		c.t.Fatal(err)
	}
	return memory.Bytes()
}

func (c *rawConn) echo(name string, kind thrift.TMessageType, seqID int32, msg string) []byte {
	return c.encode(name, kind, seqID, &bar.BarApiEchoArgs{Msg: msg})
}

func (c *rawConn) slow(seqID, ms int32) []byte {
	return c.encode("FooApi:slow", thrift.CALL, seqID, &foo.FooApiSlowArgs{Ms: ms})
}

func (c *rawConn) note(name string, kind thrift.TMessageType, seqID int32) []byte {
	return c.encode(name, kind, seqID, &foo.FooApiNoteArgs{Text: "a note"})
}

// wrongArgs returns a call of BarApi.index whose list has numbers for words.
func (c *rawConn) wrongArgs(seqID int32) []byte {
	return c.encode("BarApi:index", thrift.CALL, seqID, numbers{})
}

// expect reads messages until it has as many as it wants.
func (c *rawConn) expect(want ...reply) {
	c.t.Helper()
	for _, w := range want {
		got, err := c.read()
		if err != nil {
			c.t.Fatalf("want %v: %v", w, err)
		}
		if got != w {
			c.t.Fatalf("got %v, want %v", got, w)
		}
	}
}

// expectEnd reads the end of input.
func (c *rawConn) expectEnd() {
	c.t.Helper()
	if n, err := c.tcp.Read(make([]byte, 1)); err != io.EOF {
		c.t.Fatalf("got %d bytes and %v, want the end", n, err)
	}
}

func (c *rawConn) read() (reply, error) {
	ctx := context.Background()
	name, kind, seqID, err := c.in.ReadMessageBegin(ctx)
	if err != nil {
		return reply{}, err
	}
	got := reply{name: name, kind: kind, seqID: seqID}
	if kind == thrift.EXCEPTION {
		refusal := thrift.NewTApplicationException(thrift.UNKNOWN_APPLICATION_EXCEPTION, "")
		err = refusal.Read(ctx, c.in)
		got.body = fmt.Sprint("type ", refusal.TypeId())
	} else {
		answer := bar.BarApiEchoResult{}
		err = answer.Read(ctx, c.in)
		got.body = answer.GetSuccess()
	}
	return got, errors.Join(err, c.in.ReadMessageEnd(ctx))
}
