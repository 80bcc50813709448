package server_test

import (
	"context"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// TestUpgradeProbe: a plain Thrift client of Finagle's is told no, on the first
// frame and later ones, whatever the default service would say, and goes on. No
// filter sees it, and no log.
func TestUpgradeProbe(t *testing.T) {
	v := vectors(t)
	onBoth(t, func(t *testing.T, n *network) {
		book := &logbook{}
		srv := echoServer() // accepts anything
		srv.ErrorLog = book.logger()
		srv.Filters = []mux.Filter{func(next mux.Handler) mux.Handler {
			return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				if req.Service != "FooApi" {
					t.Errorf("a filter sees %q", req.Name)
				}
				return next.ServeThrift(ctx, req)
			})
		}}
		start(t, n, srv)
		p := dial(t, n)
		p.send(v["ttwitter-probe"])
		p.wantCode(0, mux.UnknownMethod, "__can__finagle__trace__v3__")
		p.send(v["plain-call-after-declined"])
		p.want(wire.Reply, -1618630686)
		p.send(v["ttwitter-probe"])
		p.wantCode(0, mux.UnknownMethod, "__can__finagle__trace__v3__")
		p.Close()
		book.want(t)
	})
}
