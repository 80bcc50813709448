package mux_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// TestReadersDoNotWaitForAnUpdate calls the mux while its table is being changed:
// it would hang if readers took the lock.
func TestReadersDoNotWaitForAnUpdate(t *testing.T) {
	m := shop()
	err := m.Update(func(tab *mux.Table) error {
		if err := errors.Join(tab.Remove("Shop"), tab.Handle("Desk", names)); err != nil {
			return err
		}
		if _, err := m.ServeThrift(t.Context(), call("Shop:get")); err != nil {
			t.Errorf("the old table is gone: %v", err)
		}
		if m.Lookup("Desk") != nil {
			t.Error("the new table is there already")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUpdateLosesNoCall replaces two services over and over, a raw one and a
// generated one, while others call them: every call is answered, and never by a
// version older than the one before.
func TestUpdateLosesNoCall(t *testing.T) {
	const updates, callers, calls = 300, 4, 2000
	m := mux.New()
	first := func(tab *mux.Table) error {
		return errors.Join(version(tab, 0), tab.Alias("OldFoo", "FooApi"))
	}
	if err := m.Update(first); err != nil {
		t.Fatal(err)
	}
	var called atomic.Int64
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			client := foo.NewFooApiClient(caller{t, m, "OldFoo", protocols[i%len(protocols)]})
			callUntil(t, done, &called, m, client)
		})
	}
	for v := 1; (v <= updates || called.Load() < calls) && !t.Failed(); v++ {
		if err := m.Update(func(tab *mux.Table) error { return replace(tab, v) }); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}

// callUntil calls both services until done is closed or a call fails.
func callUntil(t *testing.T, done <-chan struct{}, called *atomic.Int64, m *mux.Mux, client *foo.FooApiClient) {
	var raw, stub int
	for {
		if err := errors.Join(rawVersion(m, &raw), stubVersion(client, &stub)); err != nil {
			t.Error(err)
			return
		}
		called.Add(2)
		select {
		case <-done:
			return
		default:
		}
	}
}

// version puts version v of both services into the table.
func version(tab *mux.Table, v int) error {
	raw := mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		return mux.Reply{Type: wire.Reply, Body: strconv.AppendInt(nil, int64(v), 10)}, nil
	})
	echo := func(context.Context, string) (string, error) { return strconv.Itoa(v), nil }
	return errors.Join(tab.Handle("Raw", raw), tab.Register("FooApi", fooProcessor(echo)))
}

// replace makes version v of what is there, and turns the alias to a service and
// back.
func replace(tab *mux.Table, v int) error {
	return errors.Join(tab.Remove("Raw"), tab.Remove("FooApi"), tab.Remove("OldFoo"),
		version(tab, v), tab.Alias("OldFoo", "FooApi"))
}

func rawVersion(m *mux.Mux, last *int) error {
	rep, err := m.ServeThrift(context.Background(), call("Raw:get"))
	return newer(string(rep.Body), err, last)
}

func stubVersion(client *foo.FooApiClient, last *int) error {
	text, err := client.Echo(context.Background(), "which?")
	return newer(text, err, last)
}

func newer(text string, err error, last *int) error {
	if err != nil {
		return err
	}
	v, err := strconv.Atoi(text)
	if err == nil && v < *last {
		err = fmt.Errorf("version %d after %d", v, *last)
	}
	*last = v
	return err
}

// TestConcurrentUpdatesAddUp wants none of many changes to be lost.
func TestConcurrentUpdatesAddUp(t *testing.T) {
	m := mux.New()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 8 {
				m.Handle(fmt.Sprintf("S%d_%d", i, j), names)
			}
		})
	}
	wg.Wait()
	for i := range 8 {
		for j := range 8 {
			if m.Lookup(fmt.Sprintf("S%d_%d", i, j)) == nil {
				t.Errorf("service %d of goroutine %d was lost", j, i)
			}
		}
	}
}

// TestARunningCallKeepsItsRoute removes a service while one of its calls runs.
func TestARunningCallKeepsItsRoute(t *testing.T) {
	m := mux.New()
	m.Handle("Store", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if err := m.Update(func(tab *mux.Table) error { return tab.Remove("Store") }); err != nil {
			return mux.Reply{}, err
		}
		return names(ctx, req)
	}))
	req := call("Store:get")
	if rep, err := m.ServeThrift(t.Context(), req); string(rep.Body) != "Store|Store|get" || err != nil {
		t.Errorf("%q, %v", rep.Body, err)
	}
	if req.Route == nil || m.Lookup("Store") != nil {
		t.Errorf("route %+v, and Store leads to %+v", req.Route, m.Lookup("Store"))
	}
}
