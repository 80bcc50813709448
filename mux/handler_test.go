package mux_test

import (
	"context"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
)

// tracer returns a filter that writes down when it is built and when a call goes
// in and out.
func tracer(trace *[]string, name string) mux.Filter {
	return func(next mux.Handler) mux.Handler {
		*trace = append(*trace, "built "+name)
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			*trace = append(*trace, "in "+name)
			rep, err := next.ServeThrift(ctx, req)
			*trace = append(*trace, "out "+name)
			return rep, err
		})
	}
}

func TestTheFirstFilterIsTheOutermost(t *testing.T) {
	var trace []string
	h := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		trace = append(trace, "handler")
		return mux.Reply{}, nil
	})
	chain := func() mux.Handler { return mux.Chain(h, tracer(&trace, "a"), tracer(&trace, "b")) }
	registered := func() mux.Handler {
		m := mux.New()
		m.Handle("", h, tracer(&trace, "a"), tracer(&trace, "b"))
		return m
	}
	for name, build := range map[string]func() mux.Handler{"Chain": chain, "Handle": registered} {
		t.Run(name, func(t *testing.T) {
			trace = nil
			c := build()
			for range 2 {
				if _, err := c.ServeThrift(t.Context(), call("get")); err != nil {
					t.Fatal(err)
				}
			}
			once := ",in a,in b,handler,out b,out a"
			if got, want := strings.Join(trace, ","), "built b,built a"+once+once; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestChainOfNothingIsTheHandler(t *testing.T) {
	m := mux.New()
	if h := mux.Chain(m); h != mux.Handler(m) {
		t.Errorf("got %v", h)
	}
}

// TestAFilterAnswersForTheHandler replaces reply and error on the way out.
func TestAFilterAnswersForTheHandler(t *testing.T) {
	instead := func(mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			return mux.Reply{}, mux.Errorf(mux.Overloaded, "not now")
		})
	}
	m := mux.New()
	m.Handle("Store", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		t.Error("the handler was reached")
		return mux.Reply{}, nil
	}), instead)
	req := call("Store:get")
	if _, err := m.ServeThrift(t.Context(), req); mux.CodeOf(err) != mux.Overloaded || req.Route == nil {
		t.Errorf("%v, route %+v", err, req.Route)
	}
}
