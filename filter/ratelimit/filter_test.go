package ratelimit

import (
	"context"
	"fmt"
	"math"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

var answers = mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
	return mux.Reply{Type: wire.Reply}, nil
})

// lister is a handler that lists its methods, as stubs do.
type lister struct{ mux.Handler }

func (lister) Methods() []string { return []string{"get", "put"} }

func from(ip string) *mux.Peer {
	return &mux.Peer{Addr: &net.TCPAddr{IP: net.ParseIP(ip), Port: 1024 + len(ip)}}
}

// allowed calls h that often and returns how many calls were run. All others must
// be refused as they should.
func allowed(t *testing.T, h mux.Handler, times int, req *mux.Request) (ran int) {
	t.Helper()
	for range times {
		switch _, err := h.ServeThrift(t.Context(), req); {
		case err == nil:
			ran++
		case mux.CodeOf(err) != mux.Overloaded || mux.NotRunOf(err) != mux.SendAgain:
			t.Fatalf("refused with %v, %v, want Overloaded", err, mux.NotRunOf(err))
		}
	}
	return ran
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{Rate: 2, Burst: 5})(answers)
		req := new(mux.Request)
		for i, step := range []struct {
			wait time.Duration
			want int
		}{{0, 5}, {0, 0}, {time.Second, 2}, {500 * time.Millisecond, 1}, {time.Hour, 5}} {
			time.Sleep(step.wait)
			if got := allowed(t, h, 10, req); got != step.want {
				t.Errorf("step %d: %d calls ran, want %d", i, got, step.want)
			}
		}
	})
}

func TestBy(t *testing.T) {
	m := mux.New()
	m.Handle("S", lister{answers})
	m.Handle("Raw", answers)
	m.Alias("", "S")
	// request is what a filter sees of a call, on its service if there is one.
	request := func(service, method string, peer *mux.Peer) *mux.Request {
		return &mux.Request{Service: service, Method: method, Peer: peer, Route: m.Lookup(service)}
	}
	a, b := from("10.0.0.1"), from("10.0.0.2")
	type requests = []*mux.Request
	for _, c := range []struct {
		name        string
		by          By
		first       *mux.Request
		apart, same requests // whether they have a bucket of their own or that of first
	}{
		{"all", 0, request("S", "get", a), nil,
			requests{request("Raw", "get", a), request("S", "put", a), request("S", "get", b), request("", "", nil)}},
		{"services", Service, request("S", "get", a),
			requests{request("Raw", "get", a), request("Unknown", "get", a)},
			requests{request("S", "put", b), request("", "get", a)}},
		{"methods", Method, request("S", "get", a),
			requests{request("S", "put", a), request("Raw", "get", a), request("S", "made up", a), request("Unknown", "get", a)},
			requests{request("S", "get", b), request("", "get", a)}},
		{"methods that are not the service's", Method, request("S", "made up", a),
			requests{request("S", "get", a), request("Raw", "made up", a)},
			requests{request("S", "made up as well", a)}},
		{"clients", Peer, request("S", "get", a),
			requests{request("S", "get", b), request("S", "get", nil), request("S", "get", from("2001:db8::1"))},
			requests{request("Raw", "put", from("10.0.0.1")), request("S", "get", from("::ffff:10.0.0.1"))}},
		{"clients on IPv6", Peer, request("S", "get", from("2001:db8::1")),
			requests{request("S", "get", from("2001:db8:0:1::1"))},
			requests{request("S", "get", from("2001:db8::2"))}},
		{"clients without an address", Peer, request("S", "get", &mux.Peer{Addr: &net.UnixAddr{Name: "@"}}),
			requests{request("S", "get", a)},
			requests{request("S", "get", &mux.Peer{}), request("S", "get", nil)}},
		{"methods of clients", Method | Peer, request("S", "get", a),
			requests{request("S", "get", b), request("S", "put", a)},
			requests{request("", "get", a)}},
	} {
		first := c.by.key(c.first)
		for _, r := range c.apart {
			if k := c.by.key(r); k == first {
				t.Errorf("%s: %q %q of %v shares the bucket %v", c.name, r.Service, r.Method, r.Peer, k)
			}
		}
		for _, r := range c.same {
			if k := c.by.key(r); k != first {
				t.Errorf("%s: %q %q of %v has the bucket %v, want %v", c.name, r.Service, r.Method, r.Peer, k, first)
			}
		}
	}
}

// TestSize makes up as many names and clients as a stranger could.
func TestSize(t *testing.T) {
	const made = 100_000
	for name, by := range map[string]By{"services": Service, "methods": Method, "peers": Peer} {
		synctest.Test(t, func(t *testing.T) {
			opts := Options{Rate: 1, Burst: 2, By: by, MaxBuckets: 100}
			l := &limited{next: answers, by: by, buckets: newBuckets(opts)}
			request := func(i int) *mux.Request {
				ip := net.IPv4(10, byte(i>>16), byte(i>>8), byte(i))
				return &mux.Request{Service: fmt.Sprint("S", i), Method: "m", Peer: &mux.Peer{Addr: &net.TCPAddr{IP: ip}}}
			}
			ran := 0
			for i := range made {
				ran += allowed(t, l, 1, request(i))
			}
			// Each has a bucket, or its share of the common one.
			if want := opts.MaxBuckets + opts.Burst; ran != want {
				t.Errorf("%s: %d calls ran at once, want %d", name, ran, want)
			}
			if n := len(l.buckets.byKey); n != opts.MaxBuckets || l.buckets.recent.Len() != n {
				t.Errorf("%s: %d buckets, %d in order, want %d", name, n, l.buckets.recent.Len(), opts.MaxBuckets)
			}
			time.Sleep(2 * time.Second) // all are full again
			if got := allowed(t, l, 3, request(made)); got != opts.Burst {
				t.Errorf("%s: %d calls of a new name ran, want a bucket of its own for %d", name, got, opts.Burst)
			}
			if n := len(l.buckets.byKey); n != opts.MaxBuckets {
				t.Errorf("%s: %d buckets, want %d", name, n, opts.MaxBuckets)
			}
		})
	}
}

func TestBusyBucketsAreNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{Rate: 1, Burst: 10, By: Service, MaxBuckets: 2})(answers)
		if got := allowed(t, h, 20, &mux.Request{Service: "busy"}); got != 10 {
			t.Fatalf("%d calls ran, want 10", got)
		}
		for i := range 5 { // more services than there are buckets
			allowed(t, h, 1, &mux.Request{Service: fmt.Sprint(i)})
		}
		if got := allowed(t, h, 20, &mux.Request{Service: "busy"}); got != 0 {
			t.Errorf("%d calls ran: the bucket was filled up by being given up", got)
		}
	})
}

func TestPlacesCountApart(t *testing.T) {
	limit := New(Options{Rate: 1, Burst: 1})
	for _, h := range []mux.Handler{limit(answers), limit(answers)} {
		if allowed(t, h, 1, new(mux.Request)) != 1 {
			t.Error("the second place was counted with the first")
		}
	}
}

func TestNewChecksItsOptions(t *testing.T) {
	for _, o := range []Options{{}, {Rate: 1}, {Burst: 1}, {Rate: -1, Burst: 1}, {Rate: 1, Burst: 1, MaxBuckets: -1}, {Rate: 1, Burst: 1, By: 8}, {Rate: rate.Limit(math.NaN()), Burst: 1}} {
		func() {
			defer func() {
				field := "Rate"
				switch {
				case o.Rate == 1 && o.Burst == 0:
					field = "Burst"
				case o.MaxBuckets < 0:
					field = "MaxBuckets"
				case o.By != 0:
					field = "By"
				}
				if text, _ := recover().(string); !strings.HasPrefix(text, "ratelimit: "+field+" ") {
					t.Errorf("%+v: %q, want one that names %s", o, text, field)
				}
			}()
			New(o)
		}()
	}
	New(Options{Rate: rate.Every(time.Minute), Burst: 1})
}

func TestFilterDoesNotAllocate(t *testing.T) {
	for _, by := range []By{0, Service, Method, Peer, Method | Peer} {
		h := New(Options{Rate: 1e9, Burst: 1e9, By: by})(answers)
		req := &mux.Request{Service: "S", Method: "m", Peer: from("2001:db8::1")}
		ctx := t.Context()
		if n := testing.AllocsPerRun(100, func() { h.ServeThrift(ctx, req) }); n != 0 {
			t.Errorf("by %b: %v allocations a call, want 0", by, n)
		}
	}
}

func BenchmarkFilter(b *testing.B) {
	for name, by := range map[string]By{"all": 0, "Method": Method, "Peer": Peer} {
		b.Run(name, func(b *testing.B) {
			h := New(Options{Rate: 1e9, Burst: 1e9, By: by})(answers)
			req := &mux.Request{Service: "S", Method: "m", Peer: from("10.0.0.1")}
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				h.ServeThrift(ctx, req)
			}
		})
	}
}

// TestMethodsOfBytes calls a service without a list by names that strangers made up:
// a method that is answered gets a bucket of its own all the same.
func TestMethodsOfBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mux.New()
		m.Handle("Raw", mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Method != "get" {
				return mux.Reply{}, nil // is no answer
			}
			return mux.Reply{Type: wire.Reply}, nil
		}), New(Options{Rate: 1, Burst: 5, By: Method}))
		call := func(method string) int {
			return allowed(t, m, 1, &mux.Request{Service: "Raw", Method: method, Type: wire.Call})
		}
		if call("get") != 1 { // out of the bucket of all the rest
			t.Fatal("the first call is refused")
		}
		for i := range 1000 {
			call(fmt.Sprint("m", i))
		}
		if call("made up") != 0 || call("get") != 1 {
			t.Error("made-up names share no bucket, or one with a method that is answered")
		}
	})
}
