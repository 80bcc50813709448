package client_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

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
