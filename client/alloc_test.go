//go:build !race

package client_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// A call by a stub costs what the stub itself makes: arguments, result, and the
// string in it with its pointer.
func TestStubAllocs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go answerWithoutAllocating(l) // until the client closes its connection
	c := &client.Client{Target: l.Addr().String()}
	fooClient := foo.NewFooApiClient(c.Service("FooApi"))
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want float64
	}{
		{"a context that does not end", context.Background(), 4},
		// A caller that reads for itself has its context watched.
		{"a context that may end", t.Context(), 8},
	} {
		call := func() {
			if got, err := fooClient.Echo(tt.ctx, "hello"); got != answered || err != nil {
				t.Fatal(got, err)
			}
		}
		for range 100 {
			call()
		}
		if n := testing.AllocsPerRun(1000, call); n > tt.want {
			t.Errorf("%s: a call costs %v allocations, want at most %v", tt.name, n, tt.want)
		}
	}
	c.Close(context.Background())
}

func answerWithoutAllocating(l net.Listener) {
	nc, err := l.Accept()
	if err != nil {
		return
	}
	defer nc.Close()
	in, out := make([]byte, 1<<10), reply(0)
	for {
		if _, err := io.ReadFull(nc, in[:4]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint32(in))
		if _, err := io.ReadFull(nc, in[:n]); err != nil {
			return
		}
		name := int(binary.BigEndian.Uint32(in[4:]))
		copy(out[headerEnd-4:], in[8+name:8+name+4])
		nc.Write(out)
	}
}
