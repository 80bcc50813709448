package haproxy

import (
	"io"
	"net"
	"sync"
	"testing"
)

// startForwarder forwards connections to addr. It connects there when a client
// connects or, if late is set, when the first bytes of one have come.
func startForwarder(t *testing.T, addr string, late bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { forward(c.(*net.TCPConn), addr, late) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return l.Addr().String()
}

func forward(client *net.TCPConn, addr string, late bool) {
	defer client.Close()
	var first []byte
	if late {
		first = make([]byte, 1)
		if _, err := io.ReadFull(client, first); err != nil {
			return
		}
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	server := c.(*net.TCPConn)
	defer server.Close()
	if _, err := server.Write(first); err != nil {
		return
	}
	var up sync.WaitGroup
	up.Go(func() {
		io.Copy(server, client)
		server.CloseWrite()
	})
	io.Copy(client, server)
	client.CloseWrite()
	up.Wait()
}

func TestForwarders(t *testing.T) {
	for name, late := range map[string]bool{"connects at once": false, "connects after the first byte": true} {
		t.Run(name, func(t *testing.T) {
			f := startFoobar(t)
			addr := startForwarder(t, f.addr, late)
			for _, dialect := range dialects {
				callAs(t, addr, dialect)
			}
			if c, err := net.Dial("tcp", addr); err != nil {
				t.Error(err)
			} else {
				c.Close() // says nothing, and leaves no line
			}
			wantCalls(t, f.stop(t), len(dialects)*callsPerClient, nil)
		})
	}
}
