package mixed

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// site is an address with one server after the other.
type site struct {
	t      *testing.T
	addr   string
	ledger *ledger
	srv    *server.Server
	served chan error
}

// openSite opens a site on a free port of the loopback interface.
func openSite(t *testing.T) *site {
	s := &site{t: t, addr: "127.0.0.1:0", ledger: newLedger()}
	s.open()
	return s
}

// open starts a server on the site's address, which no other listens on.
func (s *site) open() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = l.Addr().String()
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(&service{ledger: s.ledger}))
	srv, served := &server.Server{Handler: m, ErrorLog: slog.New(slog.DiscardHandler)}, make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	s.srv, s.served = srv, served
}

// close begins to drain the server and waits until it does not listen any more.
// What it returns waits for the end.
func (s *site) close() (wait func()) {
	s.t.Helper()
	ended, srv := make(chan error, 1), s.srv
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		ended <- srv.Shutdown(ctx)
	}()
	if err := <-s.served; !errors.Is(err, server.ErrServerClosed) {
		s.t.Errorf("Serve: %v", err)
	}
	return func() {
		if err := <-ended; err != nil {
			s.t.Errorf("Shutdown: %v", err)
		}
	}
}
