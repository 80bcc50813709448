package ratelimit

import (
	"context"
	"fmt"

	"golang.org/x/time/rate"

	"github.com/oneport-thrift/oneport/mux"
)

// Options say how many calls may come. Rate and Burst must be set.
type Options struct {
	// Rate is how many calls a second each bucket gains.
	Rate rate.Limit
	// Burst is how many calls a bucket holds, and begins with. At least 1.
	Burst int
	// By says which calls share a bucket. 0 means all of them.
	By By
	// MaxBuckets bounds the buckets that are held at a time, some 200 bytes each. A
	// bucket that is full again is given up for a new one. Where none is, new
	// callers share one bucket until there is room: who makes up names or
	// addresses gets no more that way, but may take it from others that are new.
	// 0 means 10,000.
	MaxBuckets int
}

// New returns a filter that refuses calls over the rate. It counts for each place
// where it stands apart. It panics if Rate is not positive, Burst less than 1,
// MaxBuckets negative, or By no set of those named here.
func New(opts Options) mux.Filter {
	switch {
	case !(opts.Rate > 0):
		panic(fmt.Sprintf("ratelimit: Rate %v lets no call run: want more than 0", opts.Rate))
	case opts.Burst < 1:
		panic(fmt.Sprintf("ratelimit: Burst %d lets no call run: want at least 1", opts.Burst))
	case opts.MaxBuckets < 0:
		panic(fmt.Sprintf("ratelimit: MaxBuckets %d is negative", opts.MaxBuckets))
	case opts.By&^(Service|Method|Peer) != 0:
		panic(fmt.Sprintf("ratelimit: By %#x has bits that tell nothing: want a set of Service, Method and Peer", opts.By))
	}
	if opts.MaxBuckets == 0 {
		opts.MaxBuckets = 10_000
	}
	return func(next mux.Handler) mux.Handler {
		return &limited{next: next, by: opts.By, buckets: newBuckets(opts)}
	}
}

type limited struct {
	next    mux.Handler
	by      By
	buckets *buckets
}

func (l *limited) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	if !l.buckets.allow(l.by.key(req)) {
		return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "overloaded: calls come faster than %v a second; the call was not run", l.buckets.rate)
	}
	rep, err := l.next.ServeThrift(ctx, req)
	if l.by&Method != 0 && req.Route != nil {
		req.Labels() // the call counts for its method's name, which the next call's bucket goes by
	}
	return rep, err
}
