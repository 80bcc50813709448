package peers

import (
	"fmt"
	"math"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

// wireDialects are those that TestWire speaks, as far as they are served.
var wireDialects = append(speaks("framed unframed", "binary compact json"), speaks("framed unframed", "binary+old")...)

// TestWire sends what the runtimes' clients cannot be made to send, encoded by
// Apache's Go runtime and read back by it.
func TestWire(t *testing.T) {
	if *reference {
		t.Skip("this is about our server")
	}
	against := newTarget(t)
	for _, d := range wireDialects {
		if !against.serves(d) {
			continue
		}
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			for name, test := range wireTests {
				t.Run(name, func(t *testing.T) { test(t, dialRaw(t, against.server(d), d)) })
			}
		})
	}
}

var wireTests = map[string]func(*testing.T, *rawConn){
	"sequence ids come back as sent":                    testSeqIDs,
	"a message may come a byte a segment":               testByteASegment,
	"pipelined calls are answered in order":             testPipelined,
	"a half-closed client gets its answers":             testHalfClose,
	"a oneway method that is sent as a call is silent":  testOnewayAsCall,
	"a call that is sent as a oneway is silent":         testCallAsOneway,
	"exceptions carry the method's name and the seqid":  testExceptionHeaders,
	"no service before the colon is no service at all":  testEmptyService,
	"a refused call in the middle leaves others intact": testRefusedBetween,
}

func testSeqIDs(t *testing.T, c *rawConn) {
	for _, id := range []int32{0, 1, -1, -77, math.MinInt32, math.MaxInt32} {
		c.send(c.echo("FooApi:echo", thrift.CALL, id, "x"))
		c.expect(reply{"echo", thrift.REPLY, id, "x"})
	}
}

func testByteASegment(t *testing.T, c *rawConn) {
	for _, b := range c.echo("FooApi:echo", thrift.CALL, 5, "slowly") {
		c.send([]byte{b}) // a segment each, as Go sets TCP_NODELAY
	}
	c.expect(reply{"echo", thrift.REPLY, 5, "slowly"})
}

// pipelined returns n calls whose answers differ, every fourth of them a slow one.
func (c *rawConn) pipelined(n int) (calls []byte, want []reply) {
	for id := range int32(n) {
		if id%4 == 0 {
			calls = append(calls, c.slow(id, 5)...)
			want = append(want, reply{"slow", thrift.REPLY, id, "slept 5"})
			continue
		}
		msg := fmt.Sprint("call ", id)
		calls = append(calls, c.echo("BarApi:echo", thrift.CALL, id, msg)...)
		want = append(want, reply{"echo", thrift.REPLY, id, "bar: " + msg})
	}
	return calls, want
}

func testPipelined(t *testing.T, c *rawConn) {
	calls, want := c.pipelined(60)
	c.send(calls)
	c.expect(want...)
}

func testHalfClose(t *testing.T, c *rawConn) {
	calls, want := c.pipelined(12)
	c.send(calls)
	if err := c.tcp.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.expect(want...)
	c.expectEnd()
}

// Apache's Go runtime sends every oneway so.
func testOnewayAsCall(t *testing.T, c *rawConn) {
	c.send(c.note("FooApi:note", thrift.CALL, 1))
	c.send(c.echo("FooApi:echo", thrift.CALL, 2, "next"))
	c.expect(reply{"echo", thrift.REPLY, 2, "next"})
}

func testCallAsOneway(t *testing.T, c *rawConn) {
	c.send(c.echo("FooApi:echo", thrift.ONEWAY, 1, "nobody hears"))
	c.send(c.echo("FooApi:echo", thrift.CALL, 2, "next"))
	c.expect(reply{"echo", thrift.REPLY, 2, "next"})
}

func testExceptionHeaders(t *testing.T, c *rawConn) {
	c.send(c.echo("NoApi:echo", thrift.CALL, -9, "x"))
	c.expect(reply{"echo", thrift.EXCEPTION, -9, "type 1"})
	c.send(c.echo("FooApi:nothing", thrift.CALL, 9, "x"))
	c.expect(reply{"nothing", thrift.EXCEPTION, 9, "type 1"})
	c.send(c.echo("nothing", thrift.CALL, 10, "x"))
	c.expect(reply{"nothing", thrift.EXCEPTION, 10, "type 1"})
	c.send(c.note("NoApi:note", thrift.ONEWAY, 11))
	c.send(c.echo("FooApi:echo", thrift.CALL, 12, "next"))
	c.expect(reply{"echo", thrift.REPLY, 12, "next"})
}

func testEmptyService(t *testing.T, c *rawConn) {
	c.send(c.echo(":echo", thrift.CALL, 1, "x"))
	c.expect(reply{"echo", thrift.REPLY, 1, "x"})
	c.send(c.echo("echo", thrift.CALL, 2, "x"))
	c.expect(reply{"echo", thrift.REPLY, 2, "x"})
}

func testRefusedBetween(t *testing.T, c *rawConn) {
	calls := c.echo("FooApi:echo", thrift.CALL, 1, "first")
	calls = append(calls, c.echo("NoApi:echo", thrift.CALL, 2, "refused")...)
	calls = append(calls, c.wrongArgs(3)...)
	calls = append(calls, c.echo("BarApi:echo", thrift.CALL, 4, "last")...)
	c.send(calls)
	c.expect(
		reply{"echo", thrift.REPLY, 1, "first"},
		reply{"echo", thrift.EXCEPTION, 2, "type 1"},
		reply{"index", thrift.EXCEPTION, 3, "type 7"},
		reply{"echo", thrift.REPLY, 4, "bar: last"})
}
