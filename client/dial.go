package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"reflect"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// defaultConns is Limits.MaxConns where it is 0.
const defaultConns = 1000

// dial opens a connection to the endpoint, and begins a session on it if the
// client speaks ThriftMux, or may speak it and the server does: then it is a
// *greeted.
func (n *Node) dial() (net.Conn, error) {
	c := n.client
	ctx, cancel := c.ctx, context.CancelFunc(func() {})
	if c.bounds.dial > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, c.bounds.dial,
			fmt.Errorf("no connection within %v (DialTimeout): %w", c.bounds.dial, context.DeadlineExceeded))
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
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", e.Addr, err)
	}
	if nc == nil {
		return nil, fmt.Errorf("dial %s: DialContext returned neither a connection nor an error", e.Addr)
	}
	if c.config.TLS == nil {
		return nc, nil
	}
	session := tls.Client(nc, c.tlsConfig(e))
	if err := session.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, fmt.Errorf("dial %s: TLS handshake: %w", e.Addr, err)
	}
	return session, nil
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

// inUse reports whether a connection that DialContext has returned is one that the
// client has open already: two sessions on it would take each other's replies. Called
// with mu held.
func (c *core) inUse(nc net.Conn) bool {
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
