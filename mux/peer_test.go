package mux_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/url"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
)

func TestPeerIdentity(t *testing.T) {
	uri, err := url.Parse("spiffe://example.org/billing")
	if err != nil {
		t.Fatal(err)
	}
	subject := pkix.Name{CommonName: "common"}
	for _, tt := range []struct {
		name string
		cert *x509.Certificate
		want string
	}{
		{"URI", &x509.Certificate{URIs: []*url.URL{uri}, DNSNames: []string{"dns"}, Subject: subject}, "spiffe://example.org/billing"},
		{"DNS name", &x509.Certificate{DNSNames: []string{"dns", "more"}, Subject: subject}, "dns"},
		{"common name", &x509.Certificate{Subject: subject}, "common"},
		{"no name", &x509.Certificate{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &mux.Peer{TLS: &tls.ConnectionState{PeerCertificates: []*x509.Certificate{tt.cert}}}
			if got := p.Identity(); got != "" {
				t.Errorf("a certificate that was not verified names %q", got)
			}
			p.TLS.VerifiedChains = [][]*x509.Certificate{{tt.cert}}
			if got := p.Identity(); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	for _, p := range []*mux.Peer{nil, {}, {TLS: new(tls.ConnectionState)}} {
		if got := p.Identity(); got != "" {
			t.Errorf("%+v is named %q", p, got)
		}
	}
}

func TestPeerString(t *testing.T) {
	for _, tt := range []struct {
		peer *mux.Peer
		want string
	}{
		{nil, "unknown"},
		{new(mux.Peer), "unknown"},
		{&mux.Peer{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 9}}, "10.0.0.1:9"},
		{&mux.Peer{Addr: &net.UnixAddr{Name: "/run/s", Net: "unix"}}, "/run/s"},
		{&mux.Peer{Addr: &net.UnixAddr{Name: "@", Net: "unix"}}, "unix"}, // a client without a name
		{&mux.Peer{Addr: &net.UnixAddr{Net: "unix"}}, "unix"},
	} {
		if got := tt.peer.String(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// TestStubsCanAskWhoCalled passes a peer through a generated processor.
func TestStubsCanAskWhoCalled(t *testing.T) {
	peer := &mux.Peer{Dialect: "framed binary"}
	h := mux.Processor(fooProcessor(func(ctx context.Context, _ string) (string, error) {
		if got := mux.PeerFrom(ctx); got != peer {
			t.Errorf("called by %+v", got)
		}
		return "", nil
	}))
	if _, err := (fooClient(t, h)).Echo(mux.WithPeer(t.Context(), peer), ""); err != nil {
		t.Error(err)
	}
	if got := mux.PeerFrom(t.Context()); got != nil {
		t.Errorf("a context of nobody's has the peer %+v", got)
	}
}
