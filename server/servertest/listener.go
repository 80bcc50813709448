package servertest

import (
	"fmt"
	"net"
	"sync"
	"syscall"
)

// backlog is how many connections wait to be accepted before Dial blocks.
const backlog = 128

// Listener is a net.Listener of a network that has nothing else on it. All its
// methods may be called concurrently. For use inside a synctest bubble it must
// be made inside the bubble.
type Listener struct {
	mu      sync.Mutex
	changed sync.Cond // any of the below
	queue   []*Conn   // servers' ends that wait for Accept, at most backlog
	dialed  int       // numbers the clients
	closed  bool
}

// Listen returns a new Listener.
func Listen() *Listener {
	l := new(Listener)
	l.changed.L = &l.mu
	return l
}

// Dial connects to the listener and returns the client's end, whose address is
// "client 1" for the first. It does not wait for Accept unless 128 connections
// wait already. On a closed listener it fails with syscall.ECONNREFUSED.
func (l *Listener) Dial() (*Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && len(l.queue) >= backlog {
		l.changed.Wait()
	}
	if l.closed {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: serverAddr, Err: syscall.ECONNREFUSED}
	}
	l.dialed++
	client, server := newConns(addr(fmt.Sprint("client ", l.dialed)), serverAddr)
	l.queue = append(l.queue, server)
	l.changed.Broadcast()
	return client, nil
}

// Accept waits for the next connection and returns the server's end, a *Conn. It
// fails with net.ErrClosed once the listener is closed.
func (l *Listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && len(l.queue) == 0 {
		l.changed.Wait()
	}
	if l.closed {
		return nil, l.closedError("accept")
	}
	c := l.queue[0]
	l.queue = l.queue[1:]
	l.changed.Broadcast()
	return c, nil
}

// Close ends Accept and Dial and resets the connections that nobody has
// accepted. The others live on. A second Close fails with net.ErrClosed.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.closedError("close")
	}
	l.closed = true
	for _, c := range l.queue {
		c.Reset()
	}
	l.queue = nil
	l.changed.Broadcast()
	return nil
}

// Addr returns the address "server" on the network "memory".
func (l *Listener) Addr() net.Addr { return serverAddr }

func (l *Listener) closedError(op string) error {
	return &net.OpError{Op: op, Net: network, Addr: serverAddr, Err: net.ErrClosed}
}
