package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// defaultConns is Limits.MaxConns where it is 0.
const defaultConns = 1000

// dial opens a connection to the endpoint, and begins a session on it if the
// client speaks ThriftMux, or may speak it and the server does: then it is a
// *greeted. Its error is never context.DeadlineExceeded, which to a caller means
// that its own deadline has passed.
func (n *Node) dial() (net.Conn, error) {
	nc, err := n.open()
	if errors.Is(err, context.DeadlineExceeded) {
		err = &dialTimeout{err.Error()}
	}
	return nc, err
}

// dialTimeout is the failure of a dial that took too long.
type dialTimeout struct{ text string }

func (e *dialTimeout) Error() string { return e.text }

// Unwrap returns what the packages net and os say of it.
func (e *dialTimeout) Unwrap() error { return os.ErrDeadlineExceeded }

// open is dial, with whatever error the network has.
func (n *Node) open() (net.Conn, error) {
	c := n.client
	ctx, cancel := c.ctx, context.CancelFunc(func() {})
	if c.bounds.dial > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, c.bounds.dial,
			fmt.Errorf("no connection within %v (DialTimeout): %w", c.bounds.dial, os.ErrDeadlineExceeded))
	}
	defer cancel()
	nc, err := c.reach(ctx, n.endpoint)
	switch {
	case err != nil:
		n.plain.Store(false) // who answers next may be another
		return nil, err
	case c.framing == wire.ThriftMux:
		return n.greet(ctx, nc)
	case c.config.Negotiate && !n.plain.Load():
		return n.ask(ctx, nc)
	}
	return nc, nil
}

// reach opens a connection to an endpoint.
func (c *core) reach(ctx context.Context, e Endpoint) (net.Conn, error) {
	open := c.config.DialContext
	if open == nil {
		open = new(net.Dialer).DialContext
	}
	network, address := network(e.Addr)
	nc, err := open(ctx, network, address)
	var named *net.OpError
	switch {
	case errors.As(err, &named) && named.Op == "dial":
		return nil, err // it names the address itself
	case err != nil:
		return nil, fmt.Errorf("dial %s: %w", e.Addr, err)
	case nc == nil:
		return nil, fmt.Errorf("dial %s: DialContext returned neither a connection nor an error", e.Addr)
	}
	if c.config.TLS == nil {
		return nc, nil
	}
	session := tls.Client(nc, c.tlsConfig(e))
	if err := session.HandshakeContext(ctx); err != nil {
		nc.Close()
		if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) {
			err = inTheClear(plain)
		}
		return nil, fmt.Errorf("dial %s: TLS handshake: %w", e.Addr, err)
	}
	return session, nil
}

// inTheClear is the failure of a handshake with a server that does not speak TLS.
func inTheClear(err tls.RecordHeaderError) error {
	first := err.RecordHeader[:]
	if o, ok := wire.SniffReply(first); ok && o.Dialect != wire.TLS {
		return fmt.Errorf("%s without TLS; TLS is set: %w", answers(o, first), err)
	}
	return fmt.Errorf("the server answers without TLS (first bytes % x); TLS is set: %w", first, err)
}

// tlsConfig returns the configuration of TLS sessions with an endpoint.
func (c *core) tlsConfig(e Endpoint) *tls.Config {
	config := c.config.TLS
	if config.ServerName != "" {
		return config
	}
	config = config.Clone()
	if config.ServerName = e.ServerName; config.ServerName == "" {
		if host, _, err := net.SplitHostPort(e.Addr); err == nil {
			config.ServerName = host
		}
	}
	return config
}

// inUseLocked reports whether a connection that DialContext has returned is one that the
// client has open already: two sessions on it would take each other's replies.
func (c *core) inUseLocked(nc net.Conn) bool {
	nc = bare(nc)
	if !reflect.ValueOf(nc).Comparable() {
		return false
	}
	for o := range c.live {
		if have := bare(o.rwc); reflect.ValueOf(have).Comparable() && have == nc {
			return true
		}
	}
	return false
}

// bare returns what DialContext returned: nc without the layers that the client put
// on it.
func bare(nc net.Conn) net.Conn {
	for {
		switch layer := nc.(type) {
		case *greeted:
			nc = layer.Conn
		case *tls.Conn:
			nc = layer.NetConn()
		default:
			return nc
		}
	}
}
