package servertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
)

// closeTimeout bounds how long Close waits for calls. Inside a synctest bubble
// it takes no time.
const closeTimeout = 10 * time.Second

// Server is a server on a network in memory. Dial and Transport may be called
// concurrently.
type Server struct {
	// Config is the server. It may be changed before Start.
	Config *server.Server
	// Listener is what it serves.
	Listener *Listener

	served chan error // what Serve returned; nil before Start

	mu      sync.Mutex
	clients []*Conn // what Dial returned
}

// New starts a Server that answers with h. The caller calls Close when done.
func New(h mux.Handler) *Server {
	s := NewUnstarted(h)
	s.Start()
	return s
}

// NewUnstarted returns a Server that answers with h once its Config has been
// changed and Start called.
func NewUnstarted(h mux.Handler) *Server {
	return &Server{Config: &server.Server{Handler: h}, Listener: Listen()}
}

// Start starts the server. It panics if it is called twice.
func (s *Server) Start() {
	if s.served != nil {
		panic("servertest: Start was called before")
	}
	s.served = make(chan error, 1)
	go func() { s.served <- s.Config.Serve(s.Listener) }() // Close waits for it
}

// Dial connects to the server. Close ends the writing of the client's end.
func (s *Server) Dial() (*Conn, error) {
	c, err := s.Listener.Dial()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, c)
	return c, nil
}

// Transport returns an open transport on a connection of its own, for the client
// of a generated stub: a framed one, or a buffered one whose messages have no
// length before them. It panics if the server is closed.
func (s *Server) Transport(framed bool) thrift.TTransport {
	c, err := s.Dial()
	if err != nil {
		panic(fmt.Errorf("servertest: %w", err))
	}
	socket := thrift.NewTSocketFromConnConf(c, nil)
	if framed {
		return thrift.NewTFramedTransportConf(socket, nil)
	}
	return thrift.NewTBufferedTransport(socket, 4096)
}

// Close shuts the server down and returns when all its calls have been answered
// and its connections have ended. Clients can still read their replies, but not
// call any more. Close panics, which fails the test, if Serve failed, or if calls
// still run after 10 s.
func (s *Server) Close() {
	s.mu.Lock()
	clients := s.clients
	s.mu.Unlock()
	for _, c := range clients {
		// A server that closes first lingers, until its client closes too.
		c.CloseWrite()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := s.Config.Shutdown(ctx); err != nil {
		panic(fmt.Errorf("servertest: calls were still running %v after Close: %w", closeTimeout, err))
	}
	if s.served == nil {
		return
	}
	if err := <-s.served; !errors.Is(err, server.ErrServerClosed) {
		panic(fmt.Errorf("servertest: Serve: %w", err))
	}
}
