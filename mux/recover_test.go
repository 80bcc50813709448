package mux_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
)

// spring panics with v, from a frame whose name the stack shall show.
func spring(v any) mux.Handler {
	return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { panic(v) })
}

func TestFiltersSeeAPanicAsAnError(t *testing.T) {
	for name, v := range map[string]any{"text": "boom", "public error": mux.Errorf(mux.Overloaded, "boom"), "nil": nil} {
		t.Run(name, func(t *testing.T) {
			var seen error
			m := mux.New()
			m.Handle("Store", spring(v), func(next mux.Handler) mux.Handler {
				return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
					rep, err := next.ServeThrift(ctx, req)
					seen = err
					return rep, err
				})
			})
			rep, err := m.ServeThrift(t.Context(), call("Store:get"))
			var p *mux.PanicError
			if !errors.As(err, &p) || seen != err || rep.Type != 0 {
				t.Fatalf("%v, the filter saw %v, reply %+v", err, seen, rep)
			}
			if v != nil && p.Value != v {
				t.Errorf("value %v, want %v", p.Value, v)
			}
			if !strings.Contains(string(p.Stack), "spring.") {
				t.Errorf("the stack does not show the panic:\n%s", p.Stack)
			}
			if code, text := mux.Public(err); code != mux.InternalError || text != "internal error" {
				t.Errorf("the client is told %v %q", code, text)
			}
		})
	}
}

// TestGoexitIsNotRecovered wants the goroutine to end, which sessions see.
func TestGoexitIsNotRecovered(t *testing.T) {
	m := mux.New()
	m.Handle("Store", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		runtime.Goexit()
		return mux.Reply{}, nil
	}))
	req := call("Store:get")
	returned := false
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.ServeThrift(context.Background(), req)
		returned = true
	}()
	<-ended
	if returned {
		t.Error("ServeThrift returned")
	}
}

// TestACallAfterAPanic wants the stub's next call to be as good as the first,
// although the panic left its codec in the middle.
func TestACallAfterAPanic(t *testing.T) {
	for _, p := range protocols {
		m := mux.New()
		m.Register("FooApi", fooProcessor(func(_ context.Context, msg string) (string, error) {
			if msg == "boom" {
				panic(msg)
			}
			return msg, nil
		}))
		for range 3 {
			if _, err := echo(t, m, p, "boom"); mux.CodeOf(err) != mux.InternalError {
				t.Errorf("%v: %v", p, err)
			}
			if got, err := echo(t, m, p, "hello"); got != "hello" || err != nil {
				t.Errorf("%v: %q, %v", p, got, err)
			}
		}
	}
}
