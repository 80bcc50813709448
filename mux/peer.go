package mux

import (
	"context"
	"crypto/tls"
	"net"
)

// Peer is the other end of a connection. It does not change once the first call
// of the connection has been read.
type Peer struct {
	// Addr is the client's own address: the one a trusted PROXY header gave, or
	// else the connection's.
	Addr net.Addr
	// Local is the address the client reached, found likewise.
	Local net.Addr
	// Proxy is the address of the balancer whose PROXY header was believed, nil
	// without one.
	Proxy net.Addr
	// TLS is the state of the TLS session, nil on a plain connection.
	TLS *tls.ConnectionState
	// Dialect names what the connection speaks, such as "framed binary" or
	// "thriftmux"; the names are few and fit for labels of metrics.
	Dialect string
	// Cred tells who is at the other end of a Unix socket, nil elsewhere.
	Cred *Cred
}

// Cred is what the kernel says of the process at the other end of a Unix socket.
type Cred struct {
	PID, UID, GID int
}

// Identity returns the name that a verified client certificate carries: its
// first URI, DNS name or else common name. It is empty without one: a
// certificate that was not verified names nobody.
func (p *Peer) Identity() string {
	if p == nil || p.TLS == nil || len(p.TLS.VerifiedChains) == 0 || len(p.TLS.PeerCertificates) == 0 {
		return ""
	}
	c := p.TLS.PeerCertificates[0]
	switch {
	case len(c.URIs) > 0:
		return c.URIs[0].String()
	case len(c.DNSNames) > 0:
		return c.DNSNames[0]
	}
	return c.Subject.CommonName
}

// String returns the client's address, and "unknown" without one.
func (p *Peer) String() string {
	if p == nil || p.Addr == nil {
		return "unknown"
	}
	if s := p.Addr.String(); s != "" && s != "@" {
		return s
	}
	return p.Addr.Network()
}

type peerKey struct{}

// WithPeer returns a context that carries p. Servers give every handler such a
// context, so that code behind a generated stub can ask who called.
func WithPeer(ctx context.Context, p *Peer) context.Context {
	return context.WithValue(ctx, peerKey{}, p)
}

// PeerFrom returns the peer that ctx carries, or nil.
func PeerFrom(ctx context.Context) *Peer {
	p, _ := ctx.Value(peerKey{}).(*Peer)
	return p
}
