package client_test

import (
	"context"
	"testing"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// TestInflatingRepliesIsBoundedByARatio wants a reply that grows too much to be the
// failure of its call alone.
func TestInflatingRepliesIsBoundedByARatio(t *testing.T) {
	noneLeft(t)
	c := serveOn(t, "memory", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		b := []byte{11, 0, 0, 0, 16, 0, 0} // a string of a MiB
		if req.Service == "Large" {
			return mux.ResultReply(req.Protocol, append(b, make([]byte, 1<<20+1)...)), nil
		}
		return mux.ResultReply(req.Protocol, []byte{11, 0, 0, 0, 0, 0, 1, 'x', 0}), nil
	}), &client.Client{Dialect: wire.THeader, Zlib: true, MaxInflateRatio: 100, Idempotent: func(string, string) bool { return true }})
	large, f := foo.NewFooApiClient(c.Service("Large")), foo.NewFooApiClient(c.Service("FooApi"))
	for range 3 {
		_, err := large.Echo(t.Context(), "x")
		check(t, "a reply that grows", err, outcome{code: mux.ProtocolError, text: "MaxInflateRatio"})
		if got, err := f.Echo(t.Context(), "next"); err != nil || got != "x" {
			t.Errorf("the next call: %q, %v", got, err)
		}
	}
}
