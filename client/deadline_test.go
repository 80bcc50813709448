package client_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server/servertest"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// hopeless is a FooApi.Echo that is late in one of several ways.
type hopeless struct {
	foo.FooApi
	late func(ctx context.Context) error
}

func (h hopeless) Echo(ctx context.Context, _ string) (string, error) { return "", h.late(ctx) }

// spoken is what a client can speak.
var spoken = []struct {
	dialect  wire.Dialect
	protocol wire.Protocol
}{
	{wire.Framed, wire.Binary}, {wire.Framed, wire.Compact},
	{wire.Buffered, wire.Binary}, {wire.Buffered, wire.Compact},
	{wire.THeader, wire.Binary}, {wire.THeader, wire.Compact},
	{wire.ThriftMux, wire.Binary}, {wire.ThriftMux, wire.Compact},
}

// A deadline that passes is context.DeadlineExceeded to every caller, whichever
// side notices first, on every dialect.
func TestDeadlines(t *testing.T) {
	const header = "x-timeout-ms"
	for name, late := range map[string]func(ctx context.Context) error{
		"the client first":   func(ctx context.Context) error { <-time.After(time.Hour); return nil },
		"the server first":   func(context.Context) error { return mux.Errorf(mux.DeadlineExceeded, "too late") },
		"the server, a stub": func(context.Context) error { return context.DeadlineExceeded },
		"both at once":       func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"both, the cause":    func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) },
		"both, a lost cause": func(ctx context.Context) error { <-ctx.Done(); return errors.New("stopped") },
		"at that instant":    func(context.Context) error { <-time.After(20 * time.Millisecond); return context.Canceled },
		"closed just then":   func(context.Context) error { <-time.After(20 * time.Millisecond); panic(errCut) },
	} {
		for _, s := range spoken {
			t.Run(fmt.Sprintf("%s/%v %v", name, s.dialect, s.protocol), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					testDeadlines(t, header, late, &client.Client{Dialect: s.dialect, Protocol: s.protocol})
				})
			})
		}
	}
}

// errCut ends the connection of the call that panics with it.
var errCut = errors.New("the connection is to be cut")

func testDeadlines(t *testing.T, header string, late func(context.Context) error, c *client.Client) {
	const calls = 50
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(hopeless{late: late}))
	srv := servertest.NewUnstarted(m)
	srv.Config.ErrorLog = slog.New(slog.DiscardHandler)
	cut := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			rep, err := next.ServeThrift(ctx, req)
			if p := (*mux.PanicError)(nil); errors.As(err, &p) && p.Value == errCut {
				srv.Config.Close()
			}
			return rep, err
		})
	}
	srv.Config.Filters = []mux.Filter{filter.Deadline(filter.Deadlines{Header: header}), cut}
	srv.Start()
	c.Target, c.MaxAbandoned = "memory:1", -1
	c.Filters = []mux.Filter{filter.PassDeadline(header)}
	c.DialContext = func(context.Context, string, string) (net.Conn, error) { return srv.Dial() }
	errs := make(chan error, 2*calls)
	for i := range calls {
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(ctx, fmt.Sprint(i))
			errs <- err
		}()
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			errs <- forwardEcho(ctx, c)
		}()
	}
	for range 2 * calls {
		err := <-errs
		var e *client.Error
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.Code != mux.DeadlineExceeded {
			t.Errorf("%v", err)
		}
	}
	c.Close(t.Context())
	time.Sleep(2 * time.Hour)
	srv.Config.Close()
	srv.Close()
}

// forwardEcho passes FooApi.echo on through the client as a handler.
func forwardEcho(ctx context.Context, c *client.Client) error {
	p := c.Protocol
	if p == 0 {
		p = wire.Binary
	}
	var body []byte
	if p == wire.Compact {
		body = []byte{0x18, 1, 'x', 0}
	} else {
		body = []byte{0x0b, 0, 1, 0, 0, 0, 1, 'x', 0}
	}
	req := &mux.Request{Name: "FooApi:echo", Service: "FooApi", Method: "echo", Type: wire.Call, Protocol: p, Body: body}
	defer req.Release()
	rep, err := c.Handler("FooApi").ServeThrift(ctx, req)
	if err == nil && rep.Type == wire.Exception {
		code, text, _ := wire.ParseException(p, rep.Body)
		return thrift.NewTApplicationException(code, text)
	}
	return err
}

// The exception of a server is the deadline of a caller that has one, and of no
// other; one that was canceled stays canceled.
func TestExceptionsAndDeadlines(t *testing.T) {
	type ctxFunc func(ctx context.Context) (context.Context, context.CancelFunc)
	with := func(d time.Duration) ctxFunc {
		return func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
	}
	without := func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} }
	errCause := errors.New("the caller's own cause")
	for _, tt := range []struct {
		name  string
		ctx   ctxFunc
		wait  time.Duration
		code  mux.Code
		is    error
		plain bool // a TApplicationException
	}{
		{"no deadline", without, 0, mux.DeadlineExceeded, nil, true},
		{"a deadline", with(time.Second), 0, mux.DeadlineExceeded, context.DeadlineExceeded, false},
		{"another failure", with(time.Second), 0, mux.PermissionDenied, nil, true},
		{"canceled by the server before the deadline", with(time.Second), 0, mux.Canceled, nil, true},
		{"a cause of its own", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Second, errCause)
		}, 2 * time.Second, mux.DeadlineExceeded, errCause, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := playInMemory(func(p *peer) {
					for id, ok := p.read(); ok; id, ok = p.read() {
						time.Sleep(tt.wait)
						p.Write(refusal(id, tt.code, mux.MayHaveRun))
					}
				})
				c := st.client(&client.Client{MaxAttempts: 1})
				ctx, cancel := tt.ctx(t.Context())
				defer cancel()
				err := echo(ctx, c)
				var x thrift.TApplicationException
				if plain := errors.As(err, &x); plain != tt.plain || plain && mux.Code(x.TypeId()) != tt.code {
					t.Errorf("%v", err)
				}
				if tt.is != nil && (!errors.Is(err, tt.is) || !errors.Is(err, context.DeadlineExceeded)) {
					t.Errorf("%v is not %v", err, tt.is)
				}
				if tt.is == nil && errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v", err)
				}
				c.Close(t.Context())
				st.end()
			})
		})
	}
}

// A ThriftMux server may refuse a call for its deadline in ways of its own.
func TestMuxDeadlines(t *testing.T) {
	for name, answer := range map[string]func(p *peer, tag uint32){
		"NACK, not to be sent again": func(p *peer, tag uint32) {
			p.nack(tag, thriftmux.StatusNack, thriftmux.Rejected|thriftmux.NonRetryable)
		},
		"Rdiscarded as the deadline passes": func(p *peer, tag uint32) {
			time.Sleep(time.Second)
			p.say(thriftmux.Rdiscarded, tag, "")
		},
		"the end as the deadline passes": func(p *peer, _ uint32) {
			time.Sleep(time.Second)
			p.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // the order is luck
				s := negotiated(0, func(p *peer) {
					for tag, ok := p.call(); ok; tag, ok = p.call() {
						answer(p, tag)
					}
				})
				onStage(t, s, &client.Client{}, func(t *testing.T, c *client.Client, st *stage) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					if err := echo(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v", err)
					}
				})
			}
		})
	}
}

// DialTimeout is the client's own: it is no deadline of a caller.
func TestDialTimeoutIsNoDeadlineOfACaller(t *testing.T) {
	timeout := &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
	for name, c := range map[string]*client.Client{
		"the network's": {DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, timeout }},
		"ours": {DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}},
		"the context's": {DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			c.Target, c.FailFast = "a:1", true
			err := echo(t.Context(), c)
			if errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
			check(t, name, err, outcome{code: mux.Unavailable, notRun: true, retriable: true, text: "dial"})
			c.Close(t.Context())
		})
	}
}
