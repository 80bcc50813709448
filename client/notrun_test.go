package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// echoFunc is a FooApi whose Echo is a function.
type echoFunc struct {
	fooService
	echo func(ctx context.Context, msg string) (string, error)
}

func (e *echoFunc) Echo(ctx context.Context, msg string) (string, error) { return e.echo(ctx, msg) }

// dialects are those that a client speaks.
var dialects = []wire.Dialect{wire.Framed, wire.Buffered, wire.THeader, wire.ThriftMux}

// full is a backend without room: it refuses every call, and counts them.
func full(refused *atomic.Int32) mux.Handler {
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(new(fooService)), func(mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			refused.Add(1)
			return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
		})
	})
	return m
}

// down returns a client whose server cannot be reached.
func down(t *testing.T) *client.Client {
	c := &client.Client{Target: "down:1", FailFast: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, syscall.ECONNREFUSED
	}}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// failures are what a handler may fail with after it has done its work.
func failures(t *testing.T, dialect wire.Dialect) map[string]func(ctx context.Context, msg string) error {
	var refused atomic.Int32
	behind := serveOn(t, "memory", full(&refused), &client.Client{Dialect: dialect})
	gone := down(t)
	call := func(c *client.Client) func(context.Context, string) error {
		return func(ctx context.Context, msg string) error {
			_, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(ctx, msg)
			return err
		}
	}
	same := func(err error) func(context.Context, string) error {
		return func(context.Context, string) error { return err }
	}
	all := map[string]func(context.Context, string) error{
		"downstream is full":          call(behind),
		"downstream is down":          call(gone),
		"an error of mux":             same(mux.Errorf(mux.Overloaded, "busy")),
		"an error of mux with a mark": same(mux.Refusef(mux.SendAgain, mux.Unavailable, "busy")),
		"an error of a client":        same(&client.Error{Code: mux.Unavailable, NotRun: mux.SendAgain, Err: io.EOF}),
		"an exception":                same(thrift.NewTApplicationException(int32(mux.Overloaded), "the secret")),
		"a status":                    same(status.Error(codes.Unavailable, "try later")),
		"the end of a stream":         same(io.EOF),
	}
	for name, f := range all {
		all[name+", wrapped"] = func(ctx context.Context, msg string) error { return fmt.Errorf("foo: %w", f(ctx, msg)) }
	}
	return all
}

// TestACallThatRanIsNotRunAgain has a handler do its work and then fail, with an
// error that says of another call that it was not run. A client with the defaults of
// all its fields runs it once, and does not take it for a call to be sent again.
func TestACallThatRanIsNotRunAgain(t *testing.T) {
	pass := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		return next(ctx, req)
	}
	status := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		_, err := next(ctx, req)
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	for _, dialect := range dialects {
		for name, fail := range failures(t, dialect) {
			var ran atomic.Int32
			work := func(ctx context.Context, msg string) error {
				ran.Add(1)
				return fail(ctx, msg)
			}
			stub := mux.Processor(foo.NewFooApiProcessor(&echoFunc{echo: func(ctx context.Context, msg string) (string, error) {
				return "", work(ctx, msg)
			}}))
			raw := mux.HandlerFunc(func(ctx context.Context, _ *mux.Request) (mux.Reply, error) { return mux.Reply{}, work(ctx, "") })
			for kind, h := range map[string]mux.Handler{"stub": stub, "raw": raw, "chain": mux.Chain(raw, filter.Limit(9)), "quick": mux.Quick(raw)} {
				t.Run(fmt.Sprint(dialect, "/", name, "/", kind), func(t *testing.T) {
					m := mux.New()
					m.Handle("Bare", h)
					m.Handle("Limited", h, filter.Limit(9))
					m.Handle("GRPC", h, grpcfilter.UnaryServer(pass))
					m.Handle("Status", h, grpcfilter.UnaryServer(status))
					m.Handle("Retrying", h, retrying)
					m.Handle("Cloning", h, cloning)
					m.Handle("Copying", h, copying)
					c := serveOn(t, "memory", m, &client.Client{Dialect: dialect})
					for service, runs := range map[string]int32{"Bare": 1, "Limited": 1, "GRPC": 1, "Status": 1, "Retrying": 2, "Cloning": 1, "Copying": 1} {
						ran.Store(0)
						_, err := foo.NewFooApiClient(c.Service(service)).Echo(t.Context(), "x")
						if n := ran.Load(); n != runs || err == nil || client.IsRetriable(err) || mux.NotRunOf(err) != mux.MayHaveRun {
							t.Errorf("%s: ran %d times, want %d; %v, to be sent again: %v", service, n, runs, err, client.IsRetriable(err))
						}
					}
				})
			}
			t.Run(fmt.Sprint(dialect, "/", name, "/no mux"), func(t *testing.T) {
				c := serveOn(t, "memory", raw, &client.Client{Dialect: dialect})
				ran.Store(0)
				_, err := foo.NewFooApiClient(c.Service("Any")).Echo(t.Context(), "x")
				if n := ran.Load(); n != 1 || err == nil || client.IsRetriable(err) {
					t.Errorf("ran %d times, %v, to be sent again: %v", n, err, client.IsRetriable(err))
				}
			})
		}
	}
}

// retrying is a filter that sends a call twice, and then refuses it.
func retrying(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		for range 2 {
			if _, err := next.ServeThrift(ctx, req); err == nil || req.NotRun(err) != mux.MayHaveRun {
				return mux.Reply{}, errors.New("the filter was told wrong")
			}
			req.Release()
		}
		return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Unavailable, "twice is enough")
	})
}

// cloning is a filter that passes a clone on, and refuses the call itself.
func cloning(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		next.ServeThrift(ctx, req.Clone())
		return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Unavailable, "the clone failed")
	})
}

// copying is a filter that passes a copy on, and refuses the call itself.
func copying(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		c := *req
		next.ServeThrift(ctx, &c)
		return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Unavailable, "the copy failed")
	})
}

// TestBytesThatSayNotRun: an exception that a raw handler has from elsewhere says
// that another call was not run.
func TestBytesThatSayNotRun(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			var ran atomic.Int32
			raw := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
				ran.Add(1)
				body := wire.AppendMarkedException(nil, req.Protocol, int32(mux.Overloaded), "full", mux.SendAgain)
				return mux.Reply{Type: wire.Exception, Body: body}, nil
			})
			c := serveOn(t, "memory", raw, &client.Client{Dialect: dialect})
			_, err := foo.NewFooApiClient(c.Service("")).Echo(t.Context(), "x")
			check(t, "the call", err, outcome{code: mux.Overloaded, exception: true, text: "full"})
			if n := ran.Load(); n != 1 {
				t.Errorf("it ran %d times", n)
			}
		})
	}
}

// TestRefusalsAreSentAgain: what a filter refuses without passing it on is sent
// again, and what it passes on is not.
func TestRefusalsAreSentAgain(t *testing.T) {
	refuse := func(err error) grpc.UnaryServerInterceptor {
		return func(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) { return nil, err }
	}
	for _, dialect := range dialects {
		for _, c := range []struct {
			name  string
			f     mux.Filter
			code  mux.Code
			sends int
			again bool
		}{
			{"overloaded", grpcfilter.UnaryServer(refuse(status.Error(codes.ResourceExhausted, "no"))), mux.Overloaded, 3, true},
			{"unavailable", grpcfilter.UnaryServer(refuse(status.Error(codes.Unavailable, "no"))), mux.Unavailable, 3, true},
			{"not allowed", grpcfilter.UnaryServer(refuse(status.Error(codes.Unauthenticated, "no"))), mux.PermissionDenied, 1, false},
			{"not found", grpcfilter.UnaryServer(refuse(status.Error(codes.NotFound, "no"))), mux.InternalError, 1, false},
			{"a code", grpcfilter.UnaryServer(refuse(mux.Errorf(mux.Overloaded, "no"))), mux.Overloaded, 1, false},
			{"a limit", fullLimit(), mux.Overloaded, 3, true},
		} {
			t.Run(dialect.String()+"/"+c.name, func(t *testing.T) {
				sends := 0
				count := func(next mux.Handler) mux.Handler {
					return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
						sends++
						return next.ServeThrift(ctx, req)
					})
				}
				m := mux.New()
				m.Register("FooApi", foo.NewFooApiProcessor(new(fooService)), count, c.f)
				cl := serveOn(t, "memory", m, &client.Client{Dialect: dialect})
				_, err := foo.NewFooApiClient(cl.Service("FooApi")).Echo(t.Context(), "x")
				check(t, "the call", err, outcome{code: c.code, exception: true, retriable: c.again})
				if sends != c.sends {
					t.Errorf("it was sent %d times, want %d", sends, c.sends)
				}
			})
		}
	}
}

// fullLimit is a filter.Limit that is reached already.
func fullLimit() mux.Filter {
	limit := filter.Limit(1)
	return func(mux.Handler) mux.Handler {
		var h mux.Handler
		h = limit(mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			return h.ServeThrift(ctx, req) // while this one runs
		}))
		return h
	}
}

// gateways are the ways to pass a call on whole.
func gateways(behind *client.Client) map[string]mux.Handler {
	forward := behind.Handler("FooApi")
	picks := mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		rep, err := forward.ServeThrift(ctx, req)
		if err != nil {
			err = fmt.Errorf("upstream: %w", err)
		}
		return rep, err
	})
	pass := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		return next(ctx, req)
	}
	out := map[string]mux.Handler{"no mux": forward, "picked by a raw handler": picks}
	for name, filters := range map[string][]mux.Filter{"mux": nil, "limit": {filter.Limit(9)}, "grpc": {grpcfilter.UnaryServer(pass)}} {
		m := mux.New()
		m.Handle("FooApi", forward, filters...)
		out[name] = m
	}
	inner := mux.New()
	inner.Handle("FooApi", forward)
	outer := mux.New()
	outer.Handle("FooApi", inner)
	out["a mux in a mux"] = outer
	out["chain"] = mux.Chain(forward, filter.Limit(9))
	return out
}

// TestAttemptsInARow: a client, a gateway and a full backend send a call
// MaxAttempts times in all, not that often each.
func TestAttemptsInARow(t *testing.T) {
	for _, dialect := range dialects {
		for _, attempts := range []int{0, 1, 2} {
			for _, filters := range [][]mux.Filter{nil, {filter.Limit(9)}} {
				var refused atomic.Int32
				cl := &client.Client{Dialect: dialect, MaxAttempts: attempts, RetryShare: -1, Filters: filters}
				behind := serveOn(t, "memory", full(&refused), cl)
				for name, h := range gateways(behind) {
					t.Run(fmt.Sprint(dialect, "/", attempts, "/", len(filters), " filters/", name), func(t *testing.T) {
						front := serveOn(t, "memory", h, &client.Client{Dialect: dialect})
						refused.Store(0)
						_, err := foo.NewFooApiClient(front.Service("FooApi")).Echo(t.Context(), "x")
						want := int32(attempts)
						if attempts == 0 {
							want = 3
						}
						if n := refused.Load(); n != want {
							t.Errorf("the backend got the call %d times, want %d", n, want)
						}
						check(t, "the call", err, outcome{code: mux.Overloaded, exception: true, text: "full"})
						if mux.NotRunOf(err) != mux.DoNotSendAgain {
							t.Errorf("%v: %v", err, mux.NotRunOf(err))
						}
					})
				}
			}
		}
	}
}

// TestAttemptsWithoutBudget: a gateway that may send nothing again says so.
func TestAttemptsWithoutBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused atomic.Int32
		behind := serveOn(t, "memory", full(&refused), &client.Client{RetryShare: 1e-9, RetryFloor: 1})
		front := serveOn(t, "memory", behind.Handler("FooApi"), &client.Client{})
		for i := range 3 {
			_, err := foo.NewFooApiClient(front.Service("FooApi")).Echo(t.Context(), "x")
			// The floor of one second is there from the start: the first call has it.
			if n := refused.Load(); n != int32(i+2) || mux.NotRunOf(err) != mux.DoNotSendAgain {
				t.Errorf("call %d: sent %d times, %v, %v", i, n, err, mux.NotRunOf(err))
			}
		}
	})
}

// TestWhatNeverLeftAGatewayMayBeSentAgain has a gateway whose server is down.
func TestWhatNeverLeftAGatewayMayBeSentAgain(t *testing.T) {
	for _, dialect := range dialects {
		for name, h := range gateways(down(t)) {
			t.Run(dialect.String()+"/"+name, func(t *testing.T) {
				sends := 0
				counting := mux.Chain(h, func(next mux.Handler) mux.Handler {
					return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
						sends++
						rep, err := next.ServeThrift(ctx, req)
						if got := req.NotRun(err); got != mux.SendAgain {
							t.Errorf("a filter is told %v", got)
						}
						return rep, err
					})
				})
				front := serveOn(t, "memory", counting, &client.Client{Dialect: dialect})
				_, err := foo.NewFooApiClient(front.Service("FooApi")).Echo(t.Context(), "x")
				check(t, "the call", err, outcome{code: mux.Unavailable, exception: true, retriable: true, text: "unavailable; the call was not run"})
				if sends != 3 {
					t.Errorf("it was sent %d times", sends)
				}
			})
		}
	}
}

// TestAForwarderVouchesForOneCall: what a forwarder said of an earlier call, or of an
// attempt before one that ran, is not believed.
func TestAForwarderVouchesForOneCall(t *testing.T) {
	gone := down(t).Handler("FooApi")
	var kept error
	ran := 0
	m := mux.New()
	m.Handle("Keeps", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if kept == nil {
			_, kept = gone.ServeThrift(ctx, req)
		}
		ran++
		return mux.Reply{}, kept
	}))
	both := mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if _, err := serveEcho(ctx, req); err != nil {
			return mux.Reply{}, err
		}
		return gone.ServeThrift(ctx, req)
	})
	m.Handle("Before", gone, func(next mux.Handler) mux.Handler {
		stub := mux.Processor(foo.NewFooApiProcessor(new(fooService)))
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			stub.ServeThrift(ctx, req)
			ran++
			return next.ServeThrift(ctx, req)
		})
	})
	m.Handle("Both", both)
	c := serveOn(t, "memory", m, &client.Client{})
	foo.NewFooApiClient(c.Service("Keeps")).Echo(t.Context(), "x") // a call that the forwarder vouches for
	for _, service := range []string{"Keeps", "Before"} {
		ran = 0
		_, err := foo.NewFooApiClient(c.Service(service)).Echo(t.Context(), "x")
		if ran != 1 || client.IsRetriable(err) {
			t.Errorf("%s: ran %d times, %v", service, ran, err)
		}
	}
	behind := serveOn(t, "memory", newMux(), &client.Client{})
	upstream = behind.Handler("FooApi")
	_, err := foo.NewFooApiClient(c.Service("Both")).Echo(t.Context(), "x")
	if err == nil || client.IsRetriable(err) {
		t.Errorf("a call that one of two upstreams ran: %v", err)
	}
}

var upstream mux.Handler

// serveEcho passes a call to upstream, which runs it.
func serveEcho(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	rep, err := upstream.ServeThrift(ctx, req)
	req.Release()
	return rep, err
}

// TestAFilterOfAClientThatRetries: that the last attempt was not run says nothing of
// the first.
func TestAFilterOfAClientThatRetries(t *testing.T) {
	var calls atomic.Int32
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&echoFunc{echo: func(context.Context, string) (string, error) {
		return "", errors.New("failed half-way")
	}}), func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			if calls.Add(1) > 1 {
				return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
			}
			return next.ServeThrift(ctx, req)
		})
	})
	twice := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			next.ServeThrift(ctx, req)
			req.Release()
			return next.ServeThrift(ctx, req)
		})
	}
	c := serveOn(t, "memory", m, &client.Client{MaxAttempts: 1, Filters: []mux.Filter{twice}})
	_, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(t.Context(), "x")
	check(t, "a stub's call", err, outcome{code: mux.Overloaded, exception: true, text: "full"})

	calls.Store(0)
	req := &mux.Request{Method: "echo", Type: wire.Call, Protocol: wire.Binary, Body: []byte{0}}
	_, err = c.Handler("FooApi").ServeThrift(t.Context(), req)
	if calls.Load() != 2 || err == nil || req.NotRun(err) != mux.MayHaveRun {
		t.Errorf("a forwarded call: sent %d times, %v, %v", calls.Load(), err, req.NotRun(err))
	}
}

// TestNacksKeepTheirCode: the flags of a NACK say whether the call may be sent again,
// and another context which failure it was.
func TestNacksKeepTheirCode(t *testing.T) {
	var refuse *mux.Error
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(new(fooService)), func(mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { return mux.Reply{}, refuse })
	})
	c := serveOn(t, "memory", m, &client.Client{Dialect: wire.ThriftMux})
	for _, code := range []mux.Code{mux.Overloaded, mux.Unavailable, mux.DeadlineExceeded, mux.PermissionDenied, mux.ValidationFailed} {
		for _, n := range []mux.NotRun{mux.SendAgain, mux.DoNotSendAgain} {
			refuse = mux.Refusef(n, code, "refused")
			_, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(t.Context(), "x")
			check(t, fmt.Sprint(code, ", ", n), err, outcome{code: code, exception: true, retriable: n == mux.SendAgain, text: "refused"})
			if got := mux.NotRunOf(err); got != n {
				t.Errorf("%v, %v: %v", code, n, got)
			}
		}
	}
}

// TestAFilterThatRetriesAForwarder: the first attempt was lost, the second refused.
func TestAFilterThatRetriesAForwarder(t *testing.T) {
	st := playInMemory(func(p *peer) {
		if id, ok := p.read(); ok && p.n > 1 {
			p.Write(refusal(id, mux.Overloaded, mux.SendAgain))
			p.answer()
		}
	})
	c := st.client(&client.Client{MaxAttempts: 1})
	forward := c.Handler("FooApi")
	req := &mux.Request{Method: "echo", Type: wire.Call, Protocol: wire.Binary, Body: []byte{0}}
	_, lost := forward.ServeThrift(t.Context(), req)
	if got := req.NotRun(lost); lost == nil || got != mux.MayHaveRun {
		t.Errorf("the first attempt: %v, %v", lost, got)
	}
	_, err := forward.ServeThrift(t.Context(), req)
	if got := req.NotRun(err); mux.CodeOf(err) != mux.Overloaded || got != mux.MayHaveRun {
		t.Errorf("the second attempt: %v, %v", err, got)
	}
	c.Close(t.Context())
	st.end()
}

// TestAFilterThatDoesNotWait: a filter that answers a call while it is being sent, or
// one of two side by side, cannot say that it was not run.
func TestAFilterThatDoesNotWait(t *testing.T) {
	var ran atomic.Int32
	came, release := make(chan struct{}), make(chan struct{})
	backend := &echoFunc{echo: func(context.Context, string) (string, error) {
		n := ran.Add(1)
		came <- struct{}{}
		if n == 1 {
			<-release
		}
		return "", nil
	}}
	ended := make(chan struct{}, 9)
	impatient := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			clone := req.Clone()
			go func() {
				defer func() { ended <- struct{}{} }()
				next.ServeThrift(context.WithoutCancel(ctx), clone)
				clone.Release()
			}()
			<-came
			return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "slow")
		})
	}
	end := func(name string, err error) {
		t.Helper()
		if n := ran.Swap(0); n != 1 || err == nil || mux.NotRunOf(err) != mux.MayHaveRun || client.IsRetriable(err) {
			t.Errorf("%s: ran %d times, %v, not run: %v", name, n, err, mux.NotRunOf(err))
		}
		release <- struct{}{}
		<-ended
	}
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(backend))
	filtered := serveOn(t, "memory", m, &client.Client{Filters: []mux.Filter{impatient}})
	_, err := foo.NewFooApiClient(filtered.Service("FooApi")).Echo(t.Context(), "x")
	end("a filter of the client", err)

	plain := serveOn(t, "memory", m, new(client.Client))
	gate := mux.New()
	gate.Handle("Filtered", filtered.Handler("FooApi"))
	gate.Handle("Plain", plain.Handler("FooApi"), impatient)
	front := serveOn(t, "memory", gate, new(client.Client))
	for _, service := range []string{"Filtered", "Plain"} {
		_, err := foo.NewFooApiClient(front.Service(service)).Echo(t.Context(), "x")
		end(service, err)
	}
}
