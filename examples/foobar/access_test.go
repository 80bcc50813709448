package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// writeCertificate makes one file with a certificate that is its own authority,
// good for 127.0.0.1 and for clients, and its key.
func writeCertificate(t *testing.T) (file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "foobar"},
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	b = append(b, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	file = filepath.Join(t.TempDir(), "foobar.pem")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// echo calls FooApi over a connection.
func echo(ctx context.Context, c net.Conn) (string, error) {
	defer c.Close()
	transport := thrift.NewTFramedTransportConf(thrift.NewTSocketFromConnConf(c, nil), nil)
	return foo.NewFooApiClientFactory(transport, protocol.MultiplexedBinaryFactory("FooApi")).Echo(ctx, "hello")
}

// TestAccess serves with certificates, a PROXY header and a Unix socket.
func TestAccess(t *testing.T) {
	file := writeCertificate(t)
	socket := filepath.Join(t.TempDir(), "socket")
	how := access{cert: file, key: file, clientCA: file, tls: "optional", proxies: "127.0.0.0/8,::1/128", unix: socket}
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, in, options{addr: "127.0.0.1:0", quiet: true, access: how}) }()
	line := make([]byte, 100)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(line[:n]))
	addr := words[len(words)-1]

	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := authorities(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, dial := range map[string]func() (net.Conn, error){
		"plain": func() (net.Conn, error) { return net.Dial("tcp", addr) },
		"TLS": func() (net.Conn, error) {
			return tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}})
		},
		"behind a balancer": func() (net.Conn, error) {
			c, err := net.Dial("tcp", addr)
			if err == nil {
				_, err = io.WriteString(c, "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n")
			}
			return c, err
		},
	} {
		c, err := dial()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := echo(ctx, c); got != "hello" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for { // the socket may be there a moment later
		if c, err := net.Dial("unix", socket); err == nil {
			if got, err := echo(ctx, c); got != "hello" || err != nil {
				t.Errorf("Unix socket: %q, %v", got, err)
			}
			break
		} else if len(ended) > 0 {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAccessIsRefused(t *testing.T) {
	file := writeCertificate(t)
	for _, how := range []access{
		{tls: "sometimes"},
		{tls: "required", proxies: "everybody"},
		{tls: "required", cert: file, key: "none"},
		{tls: "required", cert: file, key: file, clientCA: "none"},
	} {
		if stop, err := how.apply(new(server.Server)); err == nil {
			stop()
			t.Errorf("%+v was taken", how)
		}
	}
}
