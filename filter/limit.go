package filter

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/mux"
)

// Limit returns a filter that lets at most calls of them run at a time where it
// stands: among a service's filters that many of the service, among a server's
// that many in all. It counts for each place apart, so one Limit can serve several
// services. A call over the limit is answered Overloaded at once, before its
// arguments are decoded: nothing waits. It is not run, and clients may send it again.
//
// It panics if calls is less than 1.
func Limit(calls int) mux.Filter {
	if calls < 1 {
		panic(fmt.Sprintf("filter: Limit(%d) lets no call run: want at least 1", calls))
	}
	return func(next mux.Handler) mux.Handler {
		return &limited{next: next, most: int64(calls)}
	}
}

type limited struct {
	next    mux.Handler
	most    int64
	running atomic.Int64
}

func (l *limited) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	defer l.running.Add(-1)
	if l.running.Add(1) > l.most {
		return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "overloaded: the limit of %d calls at a time is reached; the call was not run", l.most)
	}
	return l.next.ServeThrift(ctx, req)
}
