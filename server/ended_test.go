package server

import (
	"log/slog"
	"net"
	"testing"
)

// TestBytesThatAreCountedLate: a worker may get to count replies only when another
// has sent them and the connection has ended.
func TestBytesThatAreCountedLate(t *testing.T) {
	s := &Server{ErrorLog: slog.New(slog.DiscardHandler)}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	client, end := net.Pipe()
	defer client.Close()
	c := newConnection(s, end)
	c.mu.Lock()
	c.charge(-100) // written
	c.mu.Unlock()
	c.hangUp()
	c.closed(nil)
	c.send(&worker{set: &s.workers}, 100)
	if _, bytes := Held(s); bytes != 0 {
		t.Errorf("%d bytes are counted for a connection that has ended", bytes)
	}
}
