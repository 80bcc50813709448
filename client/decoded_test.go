package client_test

import (
	"context"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// swollen is the result of BarApi.index: a map that says to hold n entries of an empty
// string and an empty list, in compact.
func swollen(n int) []byte {
	b := append(binary.AppendUvarint([]byte{11, 0}, uint64(n)), 8<<4|9)
	return append(b, make([]byte, 2*n+1)...)
}

// TestResultsThatSwell has a server answer with what would take a hundred times its
// size. That call fails before the map is made, and the connection goes on.
func TestResultsThatSwell(t *testing.T) {
	for name, tt := range map[string]struct {
		max, n int
		ok     bool
	}{
		"4 million entries by default": {0, 4_000_000, false},
		"a limit":                      {1 << 20, 100_000, false},
		"under the limit":              {100 << 20, 100_000, true},
		"no limit":                     {-1, 100_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			noneLeft(t)
			body := swollen(tt.n)
			c := serveOn(t, "memory", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
				if req.Service == "Large" {
					return mux.ResultReply(req.Protocol, body), nil
				}
				return mux.ResultReply(req.Protocol, []byte{11, 0, 0, 0}), nil
			}), &client.Client{Protocol: wire.Compact, MaxDecoded: tt.max})
			for range 2 {
				runtime.GC()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := bar.NewBarApiClient(c.Service("Large")).Index(t.Context(), nil)
				runtime.ReadMemStats(&after)
				want := outcome{}
				if !tt.ok {
					want = outcome{code: mux.ProtocolError, text: "MaxDecoded"}
				}
				check(t, name, err, want)
				if grown := after.TotalAlloc - before.TotalAlloc; !tt.ok && grown > 100<<20 { // buffers; the map would take 300 MB
					t.Errorf("%d MB were allocated", grown>>20)
				}
			}
			if _, err := bar.NewBarApiClient(c.Service("Small")).Index(t.Context(), nil); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}
