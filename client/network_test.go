package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/server/servertest"
)

// networks are the ways from client to server.
var networks = []string{"tcp", "unix", "tls", "memory"}

// serveOn serves h on a network until the test ends, and makes c its client.
func serveOn(tb testing.TB, network string, h mux.Handler, c *client.Client) *client.Client {
	tb.Helper()
	srv := &server.Server{Handler: h, ErrorLog: slog.New(slog.DiscardHandler), HalfCloseGrace: time.Millisecond}
	var l net.Listener
	var err error
	switch network {
	case "unix":
		path := filepath.Join(tb.TempDir(), "socket")
		l, err = net.Listen("unix", path)
		c.Target = "unix:" + path
	case "memory":
		memory := servertest.Listen()
		l = memory
		c.Target = "memory:1"
		c.DialContext = func(context.Context, string, string) (net.Conn, error) { return memory.Dial() }
	default:
		l, err = net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			c.Target = l.Addr().String()
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	if network == "tls" {
		cert, pool := certificate(tb)
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}})
		c.TLS = &tls.Config{RootCAs: pool}
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			tb.Error("closing the client:", err)
		}
		if err := srv.Shutdown(ctx); err != nil {
			tb.Error("shutting down the server:", err)
		}
		<-served
	})
	return c
}

// certificate returns a new certificate for 127.0.0.1, and a pool that trusts it.
func certificate(tb testing.TB) (tls.Certificate, *x509.CertPool) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
