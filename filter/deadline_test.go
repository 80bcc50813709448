package filter_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
)

// untilEnd is a handler that says how long its context has; 0 if for ever.
type untilEnd struct {
	ran  bool
	left time.Duration
}

func (h *untilEnd) ServeThrift(ctx context.Context, _ *mux.Request) (mux.Reply, error) {
	*h = untilEnd{ran: true}
	if d, ok := ctx.Deadline(); ok {
		h.left = time.Until(d)
	}
	return mux.Reply{}, nil
}

func TestDeadline(t *testing.T) {
	all := filter.Deadlines{
		Default: 10 * time.Second,
		Methods: map[string]time.Duration{"FooApi:slow": time.Minute, "FooApi:watch": 0, ":bare": 3 * time.Second},
		Header:  "time-left",
		Max:     20 * time.Second,
	}
	for _, c := range []struct {
		name            string
		deadlines       filter.Deadlines
		service, method string
		header          string        // "" for none
		context         time.Duration // its own deadline, 0 for none
		queued          time.Duration
		want            time.Duration // left to the handler, 0 for no deadline, -1 if it must not run
	}{
		{name: "none", method: "m"},
		{name: "a default", deadlines: all, method: "m", want: 10 * time.Second},
		{name: "time in the queue counts", deadlines: all, method: "m", queued: time.Second, want: 9 * time.Second},
		{name: "a method's own", deadlines: all, service: "FooApi", method: "slow", want: time.Minute},
		{name: "a method of the default service", deadlines: all, method: "bare", want: 3 * time.Second},
		{name: "a method that has none", deadlines: all, service: "FooApi", method: "watch"},
		{name: "the client's", deadlines: all, service: "FooApi", method: "slow", header: "1500", want: 1500 * time.Millisecond},
		{name: "the client's for a method without", deadlines: all, service: "FooApi", method: "watch", header: "7", want: 7 * time.Millisecond},
		{name: "the client's is bounded", deadlines: all, method: "m", header: "3600000", want: 20 * time.Second},
		{name: "without a bound", deadlines: filter.Deadlines{Header: "Time-Left"}, method: "m", header: "3600000", want: time.Hour},
		{name: "a header without a name", deadlines: filter.Deadlines{}, method: "m", header: "5"},
		{name: "words", deadlines: all, method: "m", header: "soon", want: 10 * time.Second},
		{name: "a negative number", deadlines: all, method: "m", header: "-1", want: 10 * time.Second},
		{name: "a number over all", deadlines: all, method: "m", header: "9223372036854775807", want: 10 * time.Second},
		{name: "an earlier deadline stays", deadlines: all, method: "m", context: time.Second, want: time.Second},
		{name: "a later deadline does not", deadlines: all, method: "m", context: time.Hour, want: 10 * time.Second},
		{name: "over in the queue", deadlines: all, method: "m", queued: 10 * time.Second, want: -1},
		{name: "over when it was sent", deadlines: all, method: "m", header: "0", want: -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.context > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.context)
					defer cancel()
				}
				req := &mux.Request{Service: c.service, Method: c.method, Received: time.Now()}
				if c.header != "" {
					req.Header.Add("time-left", c.header)
				}
				time.Sleep(c.queued)
				var h untilEnd
				_, err := mux.Chain(&h, filter.Deadline(c.deadlines)).ServeThrift(ctx, req)
				switch {
				case c.want < 0:
					if h.ran || err == nil || mux.CodeOf(err) != mux.DeadlineExceeded || req.NotRun(err) != mux.DoNotSendAgain {
						t.Errorf("ran: %v, error %v, %v; want DeadlineExceeded", h.ran, err, req.NotRun(err))
					}
				case err != nil || !h.ran || h.left != c.want:
					t.Errorf("left %v, error %v; want %v", h.left, err, c.want)
				}
			})
		})
	}
}

func TestDeadlineEndsTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := mux.HandlerFunc(func(ctx context.Context, _ *mux.Request) (mux.Reply, error) {
			<-ctx.Done()
			return mux.Reply{}, ctx.Err()
		})
		start := time.Now()
		_, err := mux.Chain(waits, filter.Deadline(filter.Deadlines{Default: time.Second})).ServeThrift(t.Context(), new(mux.Request))
		if took := time.Since(start); err == nil || mux.CodeOf(err) != mux.DeadlineExceeded || took != time.Second {
			t.Errorf("error %v after %v", err, took)
		}
	})
}

func TestDeadlineChecksItsArguments(t *testing.T) {
	for _, d := range []filter.Deadlines{
		{Default: -1}, {Max: -1}, {Methods: map[string]time.Duration{"m": -1}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v did not panic", d)
				}
			}()
			filter.Deadline(d)
		}()
	}
}

func TestPassDeadline(t *testing.T) {
	for _, c := range []struct {
		name    string
		context time.Duration // its deadline, 0 for none
		header  string        // of a forwarded call, "" for none
		spent   time.Duration
		want    string // the header that is sent, "-" for none, "" if nothing must be sent
	}{
		{"nothing to say", 0, "", time.Second, "-"},
		{"the context's deadline", 5 * time.Second, "", 0, "5000"},
		{"less what was spent", 5 * time.Second, "", 1999 * time.Millisecond, "3001"},
		{"the context's deadline, not the header", 5 * time.Second, "9000", time.Second, "4000"},
		{"a forwarded call", 0, "9000", time.Second, "8000"},
		{"a forwarded call with words", 0, "soon", time.Second, "soon"},
		{"a rest of a millisecond", 5 * time.Second, "", 4999 * time.Millisecond, "1"},
		{"less than a millisecond", 5 * time.Second, "", 5*time.Second - time.Microsecond, ""},
		{"over", 5 * time.Second, "", 6 * time.Second, ""},
		{"a forwarded call that is over", 0, "1000", 2 * time.Second, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.context > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.context)
					defer cancel()
				}
				req := &mux.Request{Received: time.Now(), Header: mux.Header{{Key: "Other", Value: "x"}}}
				if c.header != "" {
					req.Header.Add("Time-Left", c.header)
				}
				before := req.Header.Clone()
				time.Sleep(c.spent)

				sent := ""
				sends := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
					sent = "-"
					if values := req.Header.Values("time-left"); len(values) > 0 {
						sent = values[0]
					}
					if req.Header.Get("other") != "x" || len(req.Header) > 2 {
						t.Errorf("sent the headers %v", req.Header)
					}
					return mux.Reply{}, nil
				})
				_, err := mux.Chain(sends, filter.PassDeadline("time-left")).ServeThrift(ctx, req)
				if sent != c.want {
					t.Errorf("sent %q, want %q", sent, c.want)
				}
				if failed := err != nil && mux.CodeOf(err) == mux.DeadlineExceeded; failed != (c.want == "") {
					t.Errorf("error %v", err)
				}
				if len(req.Header) != len(before) || req.Header.Get("Time-Left") != before.Get("Time-Left") {
					t.Errorf("left the headers %v, want %v", req.Header, before)
				}
			})
		})
	}
}

// TestDeadlinesAcrossServers sends a call through a client's filter to a server's.
func TestDeadlinesAcrossServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h untilEnd
		remote := mux.Chain(&h, filter.Deadline(filter.Deadlines{Header: "time-left"}))
		sends := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			time.Sleep(time.Second) // on the wire
			return remote.ServeThrift(context.Background(), &mux.Request{Header: req.Header, Received: time.Now()})
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		time.Sleep(2 * time.Second)
		mux.Chain(sends, filter.PassDeadline("time-left")).ServeThrift(ctx, new(mux.Request))
		if h.left != 8*time.Second {
			t.Errorf("the remote handler has %v, want the 8 s that were left when it was sent", h.left)
		}
	})
}

func TestNoDeadlineDoesNotAllocate(t *testing.T) {
	h := mux.Chain(new(called),
		filter.Deadline(filter.Deadlines{Header: "time-left", Methods: map[string]time.Duration{"FooApi:slow": time.Minute}}),
		filter.PassDeadline("time-left"))
	req := &mux.Request{Service: "FooApi", Method: "echo", Header: mux.Header{{Key: "other", Value: "x"}}}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { h.ServeThrift(ctx, req) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}
