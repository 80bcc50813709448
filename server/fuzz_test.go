package server_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/server/servertest"
)

// FuzzSession sends bytes to a server in pieces. Whatever they are, the session
// ends, and no goroutine and no buffer is left.
func FuzzSession(f *testing.F) {
	f.Add(concat([][]byte{frame(wire.Call, "FooApi:echo", 1, 5), frame(wire.Oneway, "FooApi:note", 2, 5), frame(wire.Call, "BarApi:index", 3, 9)}), byte(7))
	f.Add(frame(wire.Call, "BarApi:echo", 1, 5)[4:], byte(1))
	f.Add([]byte("\x00\x00\x00\x0cBarApi:blob\x01\x00\x00\x00\x01\x00"), byte(3))
	f.Add([]byte("\x82\x21\x01\x0bFooApi:echo\x00"), byte(0))
	f.Add([]byte(`[1,"FooApi:echo",1,1,{"1":{"str":"x"}}]`), byte(9))
	f.Add([]byte("\x00\x00\x00\x0f\x7f\x00\x00\x01tinit check\x00\x00\x00\x04\x41\x00\x00\x01"), byte(4))
	f.Add([]byte("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"), byte(50))
	f.Add([]byte("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n"), byte(5))
	f.Fuzz(func(t *testing.T, in []byte, piece byte) {
		before := conn.Outstanding()
		synctest.Test(t, func(t *testing.T) { feed(in, int(piece)+1) })
		if n := conn.Outstanding() - before; n != 0 {
			t.Errorf("%d buffers are held by nobody", n)
		}
	})
}

// feed sends in to a server, piece by piece, and then ends.
func feed(in []byte, piece int) {
	s := servertest.NewUnstarted(fooAndBar())
	s.Config = &server.Server{Handler: fooAndBar(), MaxMessageSize: 1 << 16, MaxCallsPerConn: 3, ErrorLog: new(logbook).logger()}
	s.Start()
	defer s.Close()
	c, err := s.Dial()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	go io.Copy(io.Discard, c)
	for len(in) > 0 {
		n := min(piece, len(in))
		if _, err := c.Write(in[:n]); err != nil {
			return
		}
		in = in[n:]
	}
	c.CloseWrite()
	<-time.After(time.Minute)
}
