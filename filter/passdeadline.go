package filter

import (
	"context"
	"strconv"
	"time"

	"github.com/oneport-thrift/oneport/mux"
)

// PassDeadline returns a filter for clients that tells the other side how long
// the caller will still wait: until the context's deadline, in whole milliseconds,
// under the name of the header. Of a call that is only forwarded and whose context
// has no deadline, the time that the header gave is passed on less what was spent
// here. Without either the call goes out as it is. Dialects without headers drop
// it.
//
// A call that has less than a millisecond left is failed with DeadlineExceeded
// and not sent. PassDeadline panics if header is empty.
func PassDeadline(header string) mux.Filter {
	if header == "" {
		panic("filter: PassDeadline needs the name of a header")
	}
	return func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			left, ok := timeLeft(ctx, req, header)
			if !ok {
				return next.ServeThrift(ctx, req)
			}
			if left < time.Millisecond {
				return mux.Reply{}, notBegun(ctx)
			}
			old := req.Header
			defer func() { req.Header = old }()
			req.Header.Set(header, strconv.FormatInt(left.Milliseconds(), 10))
			return next.ServeThrift(ctx, req)
		})
	}
}

// timeLeft returns how long the caller will still wait, and whether it is known.
func timeLeft(ctx context.Context, req *mux.Request, header string) (time.Duration, bool) {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline), true
	}
	span, ok := headerSpan(req.Header, header)
	if ok && !req.Received.IsZero() {
		span -= time.Since(req.Received)
	}
	return span, ok
}
