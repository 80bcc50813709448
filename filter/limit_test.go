package filter_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/mux"
)

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		waits := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			<-release
			return mux.Reply{}, nil
		})
		limit := filter.Limit(2)
		m := mux.New()
		m.Handle("A", waits, limit)
		m.Handle("B", waits, limit)
		call := func(service string) error {
			_, err := m.ServeThrift(t.Context(), &mux.Request{Service: service})
			return err
		}
		var wg sync.WaitGroup
		for _, service := range []string{"A", "A", "B"} {
			wg.Go(func() {
				if err := call(service); err != nil {
					t.Errorf("a call within the limit: %v", err)
				}
			})
		}
		synctest.Wait() // they run
		if err := call("A"); err == nil || mux.CodeOf(err) != mux.Overloaded || mux.NotRunOf(err) != mux.SendAgain {
			t.Errorf("the third call of A: %v, %v, want Overloaded", err, mux.NotRunOf(err))
		}
		wg.Go(func() {
			if err := call("B"); err != nil {
				t.Errorf("the second call of B: %v", err)
			}
		})
		synctest.Wait()
		close(release)
		wg.Wait()
		if err := call("A"); err != nil {
			t.Errorf("a call after the others: %v", err)
		}
	})
}

func TestLimitCountsPanicsOut(t *testing.T) {
	h := mux.Chain(mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { panic("oops") }), filter.Limit(1))
	for range 3 {
		func() {
			defer func() {
				if v := recover(); v != "oops" {
					t.Errorf("recovered %v: the call before still counts", v)
				}
			}()
			h.ServeThrift(t.Context(), new(mux.Request))
		}()
	}
}

func TestLimitChecksItsArgument(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Limit(0) did not panic")
		}
	}()
	filter.Limit(0)
}

func TestLimitDoesNotAllocate(t *testing.T) {
	h := mux.Chain(new(called), filter.Limit(1))
	req := new(mux.Request)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { h.ServeThrift(ctx, req) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}
