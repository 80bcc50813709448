package etcd

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"go.etcd.io/etcd/client/v3/naming/resolver"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/client/grpcresolver"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// service is the key in etcd under which the endpoints stand.
const service = "services/foo"

// startEtcd runs an etcd in this process until the test ends.
func startEtcd(t *testing.T) *clientv3.Client {
	t.Helper()
	cfg := embed.NewConfig()
	cfg.Dir = t.TempDir()
	cfg.LogLevel = "fatal"
	free := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	cfg.ListenClientUrls, cfg.ListenPeerUrls = []url.URL{free}, []url.URL{free}
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	select {
	case <-e.Server.ReadyNotify():
	case err := <-e.Err():
		t.Fatal(err)
	case <-time.After(time.Minute):
		t.Fatal("etcd is not ready after a minute")
	}
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{e.Clients[0].Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// backend is a server that is known to etcd while it is listed.
type backend struct {
	foo.FooApi
	addr  string
	srv   *server.Server
	calls atomic.Int64
	at    atomic.Int64 // what total was at the first call since it was 0
	total func() int64 // calls that all backends together have answered
}

// work is what a call takes.
const work = time.Millisecond

func (b *backend) Echo(_ context.Context, msg string) (string, error) {
	b.calls.Add(1)
	b.at.CompareAndSwap(0, b.total())
	time.Sleep(work)
	return msg, nil
}

func startBackend(t *testing.T, total func() int64) *backend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{addr: l.Addr().String(), total: total}
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(b))
	b.srv = &server.Server{Handler: m, ErrorLog: slog.New(slog.DiscardHandler)}
	go b.srv.Serve(l) // until Close
	t.Cleanup(func() { b.srv.Close() })
	return b
}

// load is callers that make calls until they are stopped.
type load struct {
	total  atomic.Int64
	failed atomic.Int64
	stop   chan struct{}
	wg     sync.WaitGroup
}

func (l *load) start(t *testing.T, c *client.Client, callers int) {
	for caller := range callers {
		l.wg.Go(func() {
			api := foo.NewFooApiClient(c.Service("FooApi"))
			for i := 0; ; i++ {
				select {
				case <-l.stop:
					return
				default:
				}
				want := fmt.Sprint(caller, "-", i)
				if got, err := api.Echo(context.Background(), want); got != want || err != nil {
					l.failed.Add(1)
					t.Errorf("echo(%q): %q, %v", want, got, err)
					return
				}
				l.total.Add(1)
			}
		})
	}
}

// until waits until a condition holds, and returns how many calls were made
// meanwhile.
func (l *load) until(t *testing.T, what string, holds func() bool) int64 {
	t.Helper()
	before := l.total.Load()
	deadline := time.Now().Add(30 * time.Second)
	for !holds() {
		if time.Now().After(deadline) || t.Failed() {
			t.Fatalf("not seen: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
	return l.total.Load() - before
}

// watched passes on what etcd says, and notes when the client has taken it over.
type watched struct {
	client.Resolver
	mu    sync.Mutex
	list  []client.Endpoint
	calls func() int64
	at    int64 // calls made by then
}

func (w *watched) Watch(target string, update func([]client.Endpoint, error)) (client.Watcher, error) {
	return w.Resolver.Watch(target, func(list []client.Endpoint, err error) {
		update(list, err)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.list, w.at = list, w.calls()
	})
}

// told returns whether the client knows the backend, and how many calls had been
// made when it learned the present list.
func (w *watched) told(b *backend) (listed bool, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.list {
		listed = listed || e.Addr == b.addr
	}
	return listed, w.at
}

func TestEndpointsComeAndGoUnderLoad(t *testing.T) {
	thrift.ServerConnectivityCheckInterval = 0
	etcd := startEtcd(t)
	builder, err := resolver.NewBuilder(etcd)
	if err != nil {
		t.Fatal(err)
	}
	manager, err := endpoints.NewManager(etcd, service)
	if err != nil {
		t.Fatal(err)
	}
	l := &load{stop: make(chan struct{})}
	backends := []*backend{startBackend(t, l.total.Load), startBackend(t, l.total.Load), startBackend(t, l.total.Load)}
	list := func(b *backend) {
		if err := manager.AddEndpoint(t.Context(), service+"/"+b.addr, endpoints.Endpoint{Addr: b.addr}); err != nil {
			t.Fatal(err)
		}
	}
	unlist := func(b *backend) {
		if err := manager.DeleteEndpoint(t.Context(), service+"/"+b.addr); err != nil {
			t.Fatal(err)
		}
	}
	list(backends[0])

	w := &watched{Resolver: grpcresolver.New(builder), calls: l.total.Load}
	c := &client.Client{Target: "etcd:///" + service, Resolver: w}
	if _, err := foo.NewFooApiClient(c.Service("FooApi")).Echo(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	l.start(t, c, 16)
	for range 3 {
		for i, b := range backends {
			if i > 0 {
				come(t, l, w, b, func() { list(b) })
			}
		}
		for i, b := range backends {
			if i > 0 {
				leave(t, l, w, b, func() { unlist(b) })
			}
		}
	}
	close(l.stop)
	l.wg.Wait()
	t.Logf("%d calls, %d failed", l.total.Load(), l.failed.Load())
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// follows is within how many calls the calls follow what the client knows.
const follows = 100

// come lists a backend, and holds the client to calling it soon.
func come(t *testing.T, l *load, w *watched, b *backend, list func()) {
	b.at.Store(0)
	start := time.Now()
	list()
	l.until(t, "an endpoint that has come", func() bool { listed, _ := w.told(b); return listed })
	known := time.Since(start)
	_, told := w.told(b)
	l.until(t, "calls to it", func() bool { return b.at.Load() > 0 })
	after := b.at.Load() - told
	t.Logf("came: known after %v, called after %v and %d calls", known, time.Since(start), after)
	if after > follows {
		t.Errorf("an endpoint that had come was called after %d calls, want at most %d", after, follows)
	}
}

// leave takes a backend off the list, holds the client to leaving it alone soon,
// and ends it.
func leave(t *testing.T, l *load, w *watched, b *backend, unlist func()) {
	start := time.Now()
	unlist()
	l.until(t, "an endpoint that has left", func() bool { listed, _ := w.told(b); return !listed })
	known := time.Since(start)
	during, at := b.calls.Load(), l.total.Load()
	l.until(t, "calls to others", func() bool { return l.total.Load() > at+10*follows })
	late := b.calls.Load() - during
	t.Logf("left: known after %v, and called %d times more", known, late)
	if late > follows {
		t.Errorf("%d calls went to an endpoint after it had left, want at most %d", late, follows)
	}
}
