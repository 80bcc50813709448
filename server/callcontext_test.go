package server

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
)

type someKey struct{}

// newCallContext returns a call's context and what ends its connection's.
func newCallContext(deadline time.Time) (*callContext, context.CancelCauseFunc) {
	parent, cancel := context.WithCancelCause(context.WithValue(context.Background(), someKey{}, "value"))
	c := &callContext{conn: &connection{ctx: parent}, deadline: deadline, contexts: 1}
	c.slot.Header = mux.Header{{Key: "k", Value: "v"}, {Key: "k", Value: "no context"}}
	return c, cancel
}

// TestCallContextEnds ends a context in each way, before and after somebody waits
// for it.
func TestCallContextEnds(t *testing.T) {
	why := errors.New("why")
	for name, c := range map[string]struct {
		end        func(c *callContext, parent context.CancelCauseFunc)
		err, cause error
	}{
		"by the session":    {func(c *callContext, _ context.CancelCauseFunc) { c.cancel(why); c.cancel(errors.New("late")) }, context.Canceled, why},
		"by its answer":     {func(c *callContext, _ context.CancelCauseFunc) { c.completed(); c.cancel(why) }, context.Canceled, context.Canceled},
		"by the connection": {func(_ *callContext, parent context.CancelCauseFunc) { parent(why) }, context.Canceled, why},
		"by the deadline":   {func(c *callContext, _ context.CancelCauseFunc) { <-time.After(2 * time.Second); c.expire() }, context.DeadlineExceeded, errDeadline},
	} {
		for _, waited := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				ctx, parent := newCallContext(time.Now().Add(time.Second))
				if waited {
					ctx.Done()
				}
				if err := ctx.Err(); err != nil || ctx.over() != nil {
					t.Fatalf("%s: ended before its end: %v", name, err)
				}
				c.end(ctx, parent)
				if err := ctx.Err(); err != c.err {
					t.Errorf("%s: Err %v, want %v", name, err, c.err)
				}
				if cause := context.Cause(ctx); c.cause != nil && cause != c.cause {
					t.Errorf("%s: cause %v, want %v", name, cause, c.cause)
				}
				<-ctx.Done()
				if ctx.over() == nil || ctx.Err() != c.err {
					t.Errorf("%s: over %v, %v", name, ctx.over(), ctx.Err())
				}
				ctx.completed()
				parent(context.Canceled)
			})
		}
	}
}

func TestCallContextValues(t *testing.T) {
	for _, waited := range []bool{false, true} {
		ctx, parent := newCallContext(time.Time{})
		if waited {
			ctx.Done()
		}
		if v := ctx.Value(someKey{}); v != "value" {
			t.Errorf("value %v", v)
		}
		if v := mux.ContextsFrom(context.WithValue(ctx, someKey{}, 1)).Get("k"); v != "v" {
			t.Errorf("context %q", v)
		}
		if _, ok := ctx.Deadline(); ok {
			t.Error("a deadline")
		}
		ctx.cancel(context.Canceled)
		parent(nil)
	}
}

// TestCallContextHasNoGoroutines: contexts that hang on one, as filters make
// them, end with it.
func TestCallContextHasNoGoroutines(t *testing.T) {
	ctx, parent := newCallContext(time.Time{})
	defer parent(nil)
	before := runtime.NumGoroutine()
	child, cancel := context.WithTimeout(context.WithValue(ctx, someKey{}, 1), time.Hour)
	defer cancel()
	if n := runtime.NumGoroutine(); n != before {
		t.Errorf("%d goroutines more", n-before)
	}
	why := errors.New("why")
	ctx.cancel(why)
	<-child.Done()
	if cause := context.Cause(child); cause != why {
		t.Errorf("the cause is %v", cause)
	}
}

func TestCallContextAllocs(t *testing.T) {
	parent, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	nc := &connection{ctx: parent}
	var keep *callContext
	if n := testing.AllocsPerRun(100, func() {
		keep = &callContext{conn: nc}
		if keep.Err() != nil || keep.Value(someKey{}) != nil {
			t.Fail()
		}
		keep.completed()
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

// counting is a parent that counts the contexts which hang on it.
type counting struct {
	context.Context
	done     chan struct{}
	children int
}

func (c *counting) Done() <-chan struct{} { return c.done }

// Value hides what package context knows its own contexts by.
func (c *counting) Value(any) any { return nil }

// AfterFunc is how package context hangs a context on one that is not its own.
func (c *counting) AfterFunc(func()) (stop func() bool) {
	c.children++
	return func() bool { c.children--; return true }
}

// TestCallContextLeavesNothingBehind: the context of a call that has been answered hangs
// on the connection's no more, whatever ended it and whenever somebody waited for it.
func TestCallContextLeavesNothingBehind(t *testing.T) {
	why := errors.New("why")
	ends := map[string]func(c *callContext){
		"nothing":                        func(*callContext) {},
		"the session":                    func(c *callContext) { c.cancel(why) },
		"the deadline":                   func(c *callContext) { <-time.After(2 * time.Second); c.expire() },
		"an early alarm":                 func(c *callContext) { c.expire() },
		"the deadline, then the session": func(c *callContext) { <-time.After(2 * time.Second); c.expire(); c.cancel(why) },
		"the session, then the deadline": func(c *callContext) { c.cancel(why); <-time.After(2 * time.Second); c.expire() },
	}
	for name, end := range ends {
		for _, deadline := range []time.Duration{0, time.Second} {
			for _, waits := range []string{"never", "before", "between", "after"} {
				for _, oneway := range []bool{false, true} {
					synctest.Test(t, func(t *testing.T) {
						parent := &counting{Context: context.Background(), done: make(chan struct{})}
						c := &callContext{conn: &connection{ctx: parent, base: parent}, oneway: oneway}
						if deadline > 0 {
							c.deadline = time.Now().Add(deadline)
						}
						wait := func(when string) {
							if waits == when {
								c.Done()
							}
						}
						wait("before")
						end(c)
						wait("between")
						c.completed()
						wait("after")
						if c.Err() == nil {
							t.Error("the context goes on")
						}
						if parent.children != 0 {
							t.Errorf("ended by %s, deadline %v, waited for %s: %d contexts are left", name, deadline, waits, parent.children)
						}
					})
				}
			}
		}
	}
}
