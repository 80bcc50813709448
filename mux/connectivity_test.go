package mux_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// withCheck runs f on fake time with the runtime's connectivity check on, as it
// is by default: each call of a stub starts a goroutine that asks, every
// interval, whether the transport of the call's codec is open. All of these have
// ended when withCheck returns.
func withCheck(t *testing.T, interval time.Duration, f func(t *testing.T)) {
	thrift.ServerConnectivityCheckInterval = interval
	defer func() { thrift.ServerConnectivityCheckInterval = 0 }()
	synctest.Test(t, f)
}

// TestConnectivityCheckLetsSlowCallsRun has a handler that outlasts many checks
// while others take its codec's place in the pool over and over.
func TestConnectivityCheckLetsSlowCallsRun(t *testing.T) {
	const interval = 5 * time.Millisecond
	withCheck(t, interval, func(t *testing.T) {
		h := mux.Processor(fooProcessor(func(ctx context.Context, msg string) (string, error) {
			if msg == "slow" {
				time.Sleep(20 * interval)
			}
			return msg, ctx.Err()
		}))
		var wg sync.WaitGroup
		for i, p := range protocols {
			for range 4 {
				wg.Go(func() {
					if got, err := echo(t, h, p, "slow"); got != "slow" || err != nil {
						t.Errorf("%v, slow: %q, %v", p, got, err)
					}
				})
			}
			wg.Go(func() {
				for n := range 100 {
					msg := fmt.Sprint(i, n)
					if got, err := echo(t, h, p, msg); got != msg || err != nil {
						t.Errorf("%v: %q, %v", p, got, err)
					}
					time.Sleep(interval / 4)
				}
			})
		}
		wg.Wait()
	})
}

// TestConnectivityCheckOutlivesItsCall checks so often that the stubs' goroutines
// ask codecs that have gone back to the pool, and on to other calls: the race
// detector would see them.
func TestConnectivityCheckOutlivesItsCall(t *testing.T) {
	withCheck(t, time.Nanosecond, func(t *testing.T) {
		m := both()
		var wg sync.WaitGroup
		for _, p := range protocols {
			for range 2 {
				wg.Go(func() {
					for range 100 {
						if got, err := echo(t, m, p, "hi"); got != "hi" || err != nil {
							t.Errorf("%v: %q, %v", p, got, err)
						}
						time.Sleep(time.Nanosecond)
					}
				})
			}
		}
		wg.Wait()
	})
}

// TestConnectivityCheckKeepsTheContext wants a call to end with its own context,
// whatever the check says.
func TestConnectivityCheckKeepsTheContext(t *testing.T) {
	withCheck(t, 5*time.Millisecond, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := foo.NewFooApiClient(caller{t, both(), "FooApi", protocols[0]}).Slow(ctx, 1)
		if mux.CodeOf(err) != mux.DeadlineExceeded {
			t.Error(err)
		}
	})
}
