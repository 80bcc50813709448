package server_test

import (
	"errors"
	"io"
	"os"
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
		synctest.Test(t, func(t *testing.T) { feed(t, in, int(piece)+1) })
		if n := conn.Outstanding() - before; n != 0 {
			t.Errorf("%d buffers are held by nobody", n)
		}
	})
}

// feed sends in to a server, piece by piece, and then ends. The session must end
// too, without being told to.
func feed(t *testing.T, in []byte, piece int) {
	srv := &server.Server{Handler: fooAndBar(), MaxMessageSize: 1 << 16, MaxCallsPerConn: 3, ErrorLog: new(logbook).logger()}
	defer srv.Close()
	c, ended := session(t, srv)
	defer c.Close()
	c.SetWriteDeadline(time.Now().Add(sessionTime))
	go io.Copy(io.Discard, c)
	for len(in) > 0 {
		n := min(piece, len(in))
		if _, err := c.Write(in[:n]); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("the last %d bytes are not taken", len(in))
		} else if err != nil {
			break
		}
		in = in[n:]
	}
	c.CloseWrite()
	select {
	case <-ended:
	case <-time.After(sessionTime):
		t.Fatal("the client's bytes have ended, and the session goes on")
	}
}

// sessionTime is more than any timeout in a session with a client that is there.
const sessionTime = 2 * time.Minute

// session makes a connection that srv serves alone. ended is closed when it has
// ended.
func session(t *testing.T, srv *server.Server) (c *servertest.Conn, ended <-chan struct{}) {
	l := servertest.Listen()
	c, err := l.Dial()
	if err != nil {
		t.Fatal(err)
	}
	end, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		srv.ServeConn(end)
		close(done)
	}()
	return c, done
}
