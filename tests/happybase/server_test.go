package happybase

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
	"github.com/oneport-thrift/oneport/thrift/gen-go/hbase"
)

func TestMain(m *testing.M) {
	thrift.ServerConnectivityCheckInterval = 0
	m.Run()
}

// fooService and barService have the one method each that is called here.
type fooService struct{ foo.FooApi }

func (fooService) Echo(_ context.Context, msg string) (string, error) { return msg, nil }

type barService struct{ bar.BarApi }

func (barService) Echo(_ context.Context, msg string) (string, error) { return "bar: " + msg, nil }

// sockets counts a server's connections.
type sockets struct{ opened atomic.Int64 }

// serve serves a Store, the default service, and FooApi and BarApi on loopback.
func serve(t *testing.T) (addr string, s *sockets) {
	t.Helper()
	m := mux.New()
	m.Register("Hbase", hbase.NewHbaseProcessor(new(Store)))
	m.Alias("", "Hbase")
	m.Register("FooApi", foo.NewFooApiProcessor(fooService{}))
	m.Register("BarApi", bar.NewBarApiProcessor(barService{}))
	s = new(sockets)
	srv := &server.Server{Handler: m, Observer: mux.Observer{
		Opened: func(*mux.Peer) { s.opened.Add(1) },
		Closed: func(_ *mux.Peer, why error) {
			if why != nil {
				t.Errorf("a connection ended: %v", why)
			}
		},
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, server.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String(), s
}

// callBoth calls FooApi and BarApi over one connection.
func callBoth(t *testing.T, addr string) {
	t.Helper()
	transport := thrift.NewTFramedTransportConf(thrift.NewTSocketConf(addr, nil), nil)
	if err := transport.Open(); err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	fooClient := foo.NewFooApiClientFactory(transport, protocol.MultiplexedBinaryFactory("FooApi"))
	barClient := bar.NewBarApiClientFactory(transport, protocol.MultiplexedBinaryFactory("BarApi"))
	if got, err := fooClient.Echo(t.Context(), "a"); got != "a" || err != nil {
		t.Errorf("FooApi: %q, %v", got, err)
	}
	if got, err := barClient.Echo(t.Context(), "a"); got != "bar: a" || err != nil {
		t.Errorf("BarApi: %q, %v", got, err)
	}
}
