package server

import (
	"io"
	"log/slog"
	"net"
	"testing"
	"time"
)

// TestASlowClientHoldsUpNoOthersReplies: replies of two connections were left, and the
// first client that gets some takes none.
func TestASlowClientHoldsUpNoOthersReplies(t *testing.T) {
	s := &Server{ErrorLog: slog.New(slog.DiscardHandler)}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	const conns = 4
	came := make(chan int, conns)
	var all []*connection
	for i := range conns {
		client, end := net.Pipe()
		defer client.Close()
		defer end.Close()
		c := newConnection(s, end)
		c.out.Set(append(c.out.Room(1), 0))
		c.chargeLocked(1)
		all = append(all, c)
		if i%2 == 1 { // the others are slow
			go func() {
				if _, err := io.ReadFull(client, make([]byte, 1)); err == nil {
					came <- i
				}
			}()
		}
	}
	for _, c := range all {
		s.workers.list(c)
	}
	for range conns / 2 {
		select {
		case <-came:
		case <-time.After(10 * time.Second):
			t.Fatal("a reply waits for a client that takes none")
		}
	}
	for _, c := range all {
		c.cut(io.EOF)
		c.settled()
	}
	s.Close()
}
