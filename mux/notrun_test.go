package mux_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// callError is a client's error about a call of its own.
type callError struct {
	code   mux.Code
	notRun mux.NotRun
}

func (e *callError) Error() string          { return "swordfish" }
func (e *callError) CallCode() mux.Code     { return e.code }
func (e *callError) CallNotRun() mux.NotRun { return e.notRun }

var (
	errFull   = mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
	errDenied = mux.Refusef(mux.DoNotSendAgain, mux.PermissionDenied, "no")
)

// TestNotRunOf is what errors say of themselves.
func TestNotRunOf(t *testing.T) {
	client := &callError{mux.Unavailable, mux.SendAgain}
	for _, tt := range []struct {
		name   string
		err    error
		code   mux.Code
		public mux.Code
		want   mux.NotRun
	}{
		{"nil", nil, mux.InternalError, mux.InternalError, mux.MayHaveRun},
		{"any", io.EOF, mux.InternalError, mux.InternalError, mux.MayHaveRun},
		{"an error", mux.Errorf(mux.Overloaded, "full"), mux.Overloaded, mux.Overloaded, mux.MayHaveRun},
		{"a refusal", errFull, mux.Overloaded, mux.Overloaded, mux.SendAgain},
		{"for good", fmt.Errorf("x: %w", errDenied), mux.PermissionDenied, mux.PermissionDenied, mux.DoNotSendAgain},
		{"joined", errors.Join(io.EOF, errDenied, errFull), mux.PermissionDenied, mux.PermissionDenied, mux.DoNotSendAgain},
		{"inside of another", &mux.Error{Code: mux.Unavailable, Err: errFull}, mux.Unavailable, mux.Unavailable, mux.MayHaveRun},
		{"a client's", client, mux.Unavailable, mux.InternalError, mux.SendAgain},
		{"a client's, wrapped", fmt.Errorf("x: %w", client), mux.Unavailable, mux.InternalError, mux.SendAgain},
		{"a client's before a refusal", errors.Join(client, errDenied), mux.Unavailable, mux.InternalError, mux.SendAgain},
		{"an exception", thrift.NewTApplicationException(101, "full"), mux.Overloaded, mux.InternalError, mux.MayHaveRun},
		{"a nil pointer", (*mux.Error)(nil), mux.InternalError, mux.InternalError, mux.MayHaveRun},
		{"a refusal of what ran", mux.Unmarked(errFull), mux.Overloaded, mux.Overloaded, mux.MayHaveRun},
		{"wrapped around that", fmt.Errorf("x: %w", mux.Unmarked(errFull)), mux.Overloaded, mux.Overloaded, mux.MayHaveRun},
	} {
		if got := mux.NotRunOf(tt.err); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if got := mux.CodeOf(tt.err); got != tt.code {
			t.Errorf("%s: code %v, want %v", tt.name, got, tt.code)
		}
		if got, _ := mux.Public(tt.err); got != tt.public {
			t.Errorf("%s: a client is told %v, want %v", tt.name, got, tt.public)
		}
	}
}

func TestUnmarkedKeepsAllElse(t *testing.T) {
	if err := mux.Errorf(mux.Overloaded, "full"); mux.Unmarked(err) != error(err) || mux.Unmarked(nil) != nil {
		t.Error("an error without a mark became another")
	}
	inner := &mux.Error{Code: mux.Overloaded, Message: "full", Err: errSecret, NotRun: mux.SendAgain}
	err := mux.Unmarked(fmt.Errorf("x: %w", inner))
	var e *mux.Error
	if !errors.As(err, &e) || e.NotRun != mux.MayHaveRun || e.Code != mux.Overloaded || e.Message != "full" {
		t.Errorf("in it is %+v", e)
	}
	if !errors.Is(err, inner) || !errors.Is(err, errSecret) || err.Error() != "x: full: the password is swordfish" {
		t.Errorf("the log is told %v", err)
	}
	if inner.NotRun != mux.SendAgain {
		t.Error("an error that others may hold was changed")
	}
}

// TestUserCodeNeverSaysNotRun has handlers of every kind end in every way, with a
// filter around that asks and then refuses the call.
func TestUserCodeNeverSaysNotRun(t *testing.T) {
	ends := map[string]func() error{
		"refusal":           func() error { return errFull },
		"refusal, wrapped":  func() error { return fmt.Errorf("x: %w", errDenied) },
		"client's error":    func() error { return &callError{mux.Overloaded, mux.SendAgain} },
		"exception":         func() error { return thrift.NewTApplicationException(104, "swordfish") },
		"panic":             func() error { panic(errFull) },
		"success":           func() error { return nil },
		"a deadline passed": func() error { return context.DeadlineExceeded },
	}
	for name, end := range ends {
		raw := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			return mux.Reply{Type: wire.Reply}, end()
		})
		kinds := map[string]mux.Handler{
			"stub":     mux.Processor(fooProcessor(func(context.Context, string) (string, error) { return "", end() })),
			"raw":      raw,
			"quick":    mux.Quick(raw),
			"chain":    mux.Chain(raw, through),
			"in a mux": mux.New(),
		}
		kinds["in a mux"].(*mux.Mux).Handle("FooApi", raw)
		for kind, h := range kinds {
			for _, filters := range [][]mux.Filter{nil, {through}, {through, through}} {
				m := mux.New()
				m.Handle("FooApi", h, filters...)
				req := request(t, wire.Binary, "FooApi:echo", &foo.FooApiEchoArgs{})
				req.Begin()
				_, err := m.ServeThrift(t.Context(), req)
				for what, err := range map[string]error{"its own error": err, "a new refusal": errFull, "a wrapped one": fmt.Errorf("x: %w", errDenied)} {
					if got := req.NotRun(err); got != mux.MayHaveRun {
						t.Errorf("%s, %s, %d filters, %s: %v", name, kind, len(filters), what, got)
					}
				}
				if got := mux.NotRunOf(err); got != mux.MayHaveRun {
					t.Errorf("%s, %s, %d filters: the error says %v", name, kind, len(filters), got)
				}
				code, text := mux.Public(err)
				if (name == "client's error" || name == "exception") && (code != mux.InternalError || text != "internal error" || mux.CodeOf(err) != code) {
					t.Errorf("%s, %s: the client is told %v %q, filters %v", name, kind, code, text, mux.CodeOf(err))
				}
			}
		}
	}
}

// through is a filter that does nothing.
func through(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) { return next.ServeThrift(ctx, req) })
}

// TestACallsOwnEndIsToldAsThat: a raw handler returns what its own call failed with
// when its context ended.
func TestACallsOwnEndIsToldAsThat(t *testing.T) {
	m := mux.New()
	m.Handle("Raw", mux.HandlerFunc(func(ctx context.Context, _ *mux.Request) (mux.Reply, error) {
		return mux.Reply{}, errors.Join(&callError{code: mux.DeadlineExceeded}, ctx.Err())
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, err := m.ServeThrift(ctx, call("Raw:wait"))
	if code, text := mux.Public(err); code != mux.DeadlineExceeded || text != "deadline exceeded" {
		t.Errorf("the client is told %v %q", code, text)
	}
}

// TestRoutersAndFiltersRefuse: what was not passed on to a handler was not run.
func TestRoutersAndFiltersRefuse(t *testing.T) {
	refuses := func(mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { return mux.Reply{}, errFull })
	}
	h := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { return mux.Reply{Type: wire.Reply}, nil })
	m := mux.New()
	m.Register("FooApi", fooProcessor(nil))
	m.Handle("Refused", h, through, refuses)
	m.Handle("Chained", mux.Chain(h, refuses))
	for name, want := range map[string]mux.NotRun{
		"Refused:x": mux.SendAgain, "Chained:x": mux.SendAgain,
		"None:x": mux.DoNotSendAgain, "x": mux.DoNotSendAgain, "FooApi:none": mux.DoNotSendAgain,
	} {
		req := call(name)
		_, err := mux.Chain(m, through).ServeThrift(t.Context(), req)
		if got := req.NotRun(err); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	req := call("FooApi:echo")
	req.Protocol = 99
	if _, err := m.ServeThrift(t.Context(), req); req.NotRun(err) != mux.DoNotSendAgain {
		t.Errorf("a protocol that nobody speaks: %v, %v", err, req.NotRun(err))
	}
}

func TestVouchIsLoweredByTheAttempts(t *testing.T) {
	for _, tt := range []struct {
		name     string
		attempts []mux.NotRun
		want     mux.NotRun
	}{
		{"none", nil, mux.SendAgain},
		{"refused", []mux.NotRun{mux.SendAgain}, mux.DoNotSendAgain},
		{"refused for good", []mux.NotRun{mux.SendAgain, mux.DoNotSendAgain}, mux.DoNotSendAgain},
		{"perhaps run, then refused", []mux.NotRun{mux.MayHaveRun, mux.SendAgain}, mux.MayHaveRun},
		{"refused, then perhaps run", []mux.NotRun{mux.SendAgain, mux.MayHaveRun}, mux.MayHaveRun},
	} {
		req := call("x")
		for _, n := range tt.attempts {
			req.Attempted(n)
		}
		e := mux.Refusef(mux.SendAgain, mux.Unavailable, "no")
		req.Vouch(e)
		if got := req.NotRun(fmt.Errorf("x: %w", e)); got != tt.want || e.NotRun != tt.want {
			t.Errorf("%s: %v, and the error says %v; want %v", tt.name, got, e.NotRun, tt.want)
		}
	}
}

// TestARequestIsUsedAgain: nothing of a call is left for the next.
func TestARequestIsUsedAgain(t *testing.T) {
	req := call("x")
	req.Attempted(mux.MayHaveRun)
	if !req.MayHaveRun() {
		t.Error("an attempt was forgotten")
	}
	req.Begin()
	if req.MayHaveRun() || req.NotRun(errFull) != mux.SendAgain {
		t.Error("the last call's attempt is the next one's")
	}
}

// TestClonesShareWhatRan runs clones side by side, for the race detector too.
func TestClonesShareWhatRan(t *testing.T) {
	m := mux.New()
	m.Register("FooApi", fooProcessor(nil))
	req := request(t, wire.Binary, "FooApi:echo", &foo.FooApiEchoArgs{Msg: "hi"})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c := req.Clone()
			if _, err := m.ServeThrift(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	refused := req.Clone()
	for name, r := range map[string]*mux.Request{"the request": req, "a clone": refused, "a clone of a clone": refused.Clone(), "a later clone": req.Clone()} {
		if got := r.NotRun(errFull); got != mux.MayHaveRun {
			t.Errorf("%s: %v", name, got)
		}
	}
	idle := call("x")
	c := idle.Clone()
	if idle.NotRun(errFull) != mux.SendAgain || c.NotRun(errFull) != mux.SendAgain {
		t.Error("a clone that ran nothing makes the call one that ran")
	}
}

// down is a forwarder that never sends a call.
type down struct{}

func (down) Forwards() {}

func (down) ServeThrift(_ context.Context, req *mux.Request) (mux.Reply, error) {
	e := mux.Refusef(mux.SendAgain, mux.Unavailable, "down")
	req.Vouch(e)
	return mux.Reply{}, e
}

// TestWhatAForwarderSaidIsBelievedOfItsCall: behind a raw handler, by its own value
// alone, and only if no attempt before it ran.
func TestWhatAForwarderSaidIsBelievedOfItsCall(t *testing.T) {
	fails := false
	raw := mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if fails {
			return mux.Reply{}, io.EOF
		}
		rep, err := down{}.ServeThrift(ctx, req)
		return rep, fmt.Errorf("picked: %w", err)
	})
	for name, h := range map[string]mux.Handler{"raw": raw, "forwarder": down{}} {
		for _, filters := range [][]mux.Filter{nil, {through}} {
			m := mux.New()
			m.Handle("Up", h, filters...)
			req := call("Up:x")
			_, err := m.ServeThrift(t.Context(), req)
			if got := req.NotRun(fmt.Errorf("x: %w", err)); got != mux.SendAgain {
				t.Errorf("%s: %v, %v", name, err, got)
			}
			if got := req.NotRun(errFull); name == "raw" && got != mux.MayHaveRun {
				t.Errorf("%s: of a filter's own refusal after it: %v", name, got)
			}
			_, earlier := m.ServeThrift(t.Context(), call("Up:x"))
			if got := req.NotRun(earlier); name == "raw" && got != mux.MayHaveRun {
				t.Errorf("%s: of what it said of another call: %v", name, got)
			}
		}
	}
	m := mux.New()
	m.Handle("Up", raw)
	req := call("Up:x")
	fails = true
	m.ServeThrift(t.Context(), req)
	fails = false
	_, err := m.ServeThrift(t.Context(), req)
	if got := req.NotRun(err); got != mux.MayHaveRun {
		t.Errorf("after an attempt that ran: %v, %v", err, got)
	}

	var first error
	repeats := mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if first == nil {
			_, first = down{}.ServeThrift(ctx, req)
		}
		return mux.Reply{}, first
	})
	m.Handle("Repeats", repeats)
	req = call("Repeats:x")
	if _, err := m.ServeThrift(t.Context(), req); req.NotRun(err) != mux.SendAgain {
		t.Errorf("the first time: %v", req.NotRun(err))
	}
	if _, err := m.ServeThrift(t.Context(), req); req.NotRun(err) != mux.MayHaveRun {
		t.Errorf("what a forwarder said of the attempt before: %v", req.NotRun(err))
	}
}

// TestACallThatIsBeingSent may be run at any moment, also if a clone of its request is
// what was sent.
func TestACallThatIsBeingSent(t *testing.T) {
	req := new(mux.Request)
	req.Begin()
	req.Sending()
	clone := req.Clone() // made while the call is on its way
	if got := clone.NotRun(errFull); got != mux.MayHaveRun {
		t.Errorf("a clone of a call that is being sent: %v", got)
	}
	clone.Sending()
	req.Attempted(mux.DoNotSendAgain)
	req.Sent()
	if got := req.NotRun(errFull); got != mux.MayHaveRun {
		t.Errorf("while a clone is being sent: %v", got)
	}
	e := mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
	if req.Vouch(e); e.NotRun != mux.MayHaveRun {
		t.Errorf("a forwarder vouches for it: %v", e.NotRun)
	}
	clone.Attempted(mux.SendAgain)
	clone.Sent()
	for name, r := range map[string]*mux.Request{"the call": req, "the clone": clone} {
		if got := r.NotRun(errFull); got != mux.SendAgain {
			t.Errorf("%s, when all was refused: %v", name, got)
		}
	}
}
