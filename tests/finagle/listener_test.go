package finagle

import (
	"net"
	"sync"
	"testing"
)

// door is a listener that outlives the servers behind it, as one that a service
// manager hands from a process to the next: no client is ever refused.
type door struct {
	net.Listener
	conns chan net.Conn
}

func openDoor(t *testing.T) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{Listener: l, conns: make(chan net.Conn)}
	go func() { // ends with the listener
		defer close(d.conns)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d.conns <- c
		}
	}()
	t.Cleanup(func() {
		l.Close()
		for c := range d.conns {
			c.Close()
		}
	})
	return d
}

// side is the listener of one of the servers behind a door. Closing it closes
// nothing else.
type side struct {
	*door
	once   sync.Once
	closed chan struct{}
}

func (d *door) side() *side { return &side{door: d, closed: make(chan struct{})} }

func (s *side) Accept() (net.Conn, error) {
	select {
	case c, ok := <-s.conns:
		if ok {
			return c, nil
		}
	case <-s.closed:
	}
	return nil, net.ErrClosed
}

func (s *side) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
