package mux_test

import (
	"context"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// mirror is a raw handler that answers with what it was sent.
var mirror = mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
	return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
})

// asIs is a filter that only passes on.
func asIs(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		return next.ServeThrift(ctx, req)
	})
}

func TestRoutingAllocatesNothing(t *testing.T) {
	m := mux.New()
	m.Handle("Raw", mirror, asIs, asIs)
	m.Alias("", "Raw")
	for _, name := range []string{"Raw:get", "get"} {
		req := call(name)
		req.Body = []byte{0}
		ctx := t.Context()
		wantAllocs(t, 0, func() error {
			_, err := m.ServeThrift(ctx, req)
			req.Labels()
			return err
		})
	}
}

// TestStubsAllocateLittle wants nothing but what the stub itself takes: the
// arguments, the result, and the string of each.
func TestStubsAllocateLittle(t *testing.T) {
	m := both()
	for _, p := range []wire.Protocol{wire.Binary, wire.Compact} {
		req := request(t, p, "FooApi:echo", &foo.FooApiEchoArgs{Msg: "0123456789012345678901234567890123456789"})
		req.Scratch = make([]byte, 0, 256)
		ctx := t.Context()
		wantAllocs(t, 4, func() error {
			_, err := m.ServeThrift(ctx, req)
			return err
		})
	}
}

// wantAllocs wants call to allocate at most want times, once its pools are full.
// The race detector empties pools at random, so that says nothing there.
func wantAllocs(t *testing.T, want float64, call func() error) {
	t.Helper()
	var failed error
	got := testing.AllocsPerRun(200, func() {
		if err := call(); err != nil {
			failed = err
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	if got > want && !raceEnabled {
		t.Errorf("%v allocations, want %v at most", got, want)
	}
}
