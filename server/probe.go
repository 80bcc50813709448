package server

import (
	"context"

	"github.com/oneport-thrift/oneport/mux"
)

// upgradeProbe is the method that a plain Thrift client of Finagle's calls first
// on each connection, to find out whether the server takes Finagle's own headers
// before each message. An exception says no, and the client goes on in plain
// Thrift; any reply says yes ("Plain Thrift on the same port").
const upgradeProbe = "__can__finagle__trace__v3__"

// declining answers the probe before a filter sees it: no user asked for it, so
// it is no warning in a log, and no service is to accept it by chance.
type declining struct{ next mux.Handler }

func (d declining) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	if req.Name == upgradeProbe {
		return mux.Reply{}, mux.Errorf(mux.UnknownMethod, "unknown method %q", upgradeProbe)
	}
	return d.next.ServeThrift(ctx, req)
}
