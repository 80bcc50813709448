package server_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server/servertest"
)

// FuzzOpening sends the first bytes of a connection whole and in two pieces, to
// a server that believes PROXY headers. The connection ends either way, with the
// same answers.
func FuzzOpening(f *testing.F) {
	call := frame(wire.Call, "A:b", 7, 3)
	f.Add(call, uint16(5))
	f.Add(call[4:], uint16(1))
	f.Add([]byte("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), uint16(2))
	f.Add([]byte{0x16, 3, 1, 0, 100, 1}, uint16(3))
	for _, h := range proxyHeaders {
		f.Add(append(h.header[:len(h.header):len(h.header)], call...), uint16(len(h.header)))
	}
	srv := handle(func(ctx context.Context, req *mux.Request) error { return nil })
	srv.ProxyTrusted, srv.ErrorLog = loopback, slog.New(slog.DiscardHandler)
	srv.MaxMessageSize = 1 << 16
	srv.ConcurrentOneway = true
	f.Cleanup(func() { srv.Close() })

	converse := func(t *testing.T, pieces ...[]byte) []byte {
		l := servertest.Listen()
		client, err := l.Dial()
		if err != nil {
			t.Fatal(err)
		}
		end, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- srv.ServeConn(balancedConn{end}) }()
		go func() { // ends with the connection
			for _, b := range pieces {
				client.Write(b)
			}
			client.CloseWrite()
		}()
		client.SetReadDeadline(time.Now().Add(10 * time.Second))
		got, err := io.ReadAll(client)
		if err != nil {
			t.Fatalf("after %d bytes: %v", len(got), err)
		}
		client.Close()
		<-ended
		return got
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint16) {
		cut := min(int(at), len(b))
		whole, pieces := converse(t, b), converse(t, b[:cut], b[cut:])
		if !bytes.Equal(whole, pieces) && !bytes.HasPrefix(whole, []byte("HTTP")) {
			t.Errorf("answers\n% x\nin pieces\n% x", whole, pieces)
		}
	})
}
