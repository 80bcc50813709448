package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// TestReady: the application says whether /readyz is answered 200, and what of its
// reason the asker is told.
func TestReady(t *testing.T) {
	secret := errors.New("no connection to db-7.internal")
	for _, tt := range []struct {
		name    string
		ready   func() error
		verbose bool
		status  int
		text    string
		logged  string
	}{
		{"no func", nil, false, 200, "ok\n", ""},
		{"ready", func() error { return nil }, false, 200, "ok\n", ""},
		{"an error", func() error { return secret }, false, 503, "not ready\n", "db-7.internal"},
		{"an error for everybody", func() error { return mux.Errorf(mux.Unavailable, "the cache is cold") }, false, 503, "not ready: the cache is cold\n", "cold"},
		{"the same around another", func() error {
			return fmt.Errorf("%w: %w", mux.Errorf(mux.Unavailable, "the cache is cold"), secret)
		}, false, 503, "not ready: the cache is cold\n", "db-7.internal"},
		{"verbose", func() error { return secret }, true, 503, "not ready: no connection to db-7.internal\n", "db-7.internal"},
		{"a panic", func() error { panic("db-7.internal") }, false, 503, "not ready\n", "db-7.internal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				log := new(logbook)
				srv := echoHTTP(t)
				srv.Ready, srv.VerboseErrors, srv.ErrorLog = tt.ready, tt.verbose, log.logger()
				start(t, n, srv)
				c := browser(n)
				defer c.CloseIdleConnections()
				for range 2 { // the second is not logged within a second
					if resp, got := ask(t, c, "GET", "/readyz", ""); resp.StatusCode != tt.status || got != tt.text {
						t.Errorf("%s: %q, want %d %q", resp.Status, got, tt.status, tt.text)
					}
				}
				if status := get(t, c, "/healthz"); status != 200 {
					t.Errorf("healthy: %d", status)
				}
				if resp, _ := post(t, c, xthrift, httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")); resp.StatusCode != 200 {
					t.Errorf("a call: %s", resp.Status)
				}
				if tt.logged == "" {
					log.want(t)
				} else {
					log.want(t, tt.logged)
				}
			})
		})
	}
}

func TestReadyCanChange(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var why error
		srv := echoHTTP(t)
		srv.Ready = func() error { return why }
		start(t, n, srv)
		c := browser(n)
		defer c.CloseIdleConnections()
		for i, want := range []int{200, 503, 200} {
			if why = nil; i == 1 {
				why = io.EOF
			}
			if got := get(t, c, "/readyz"); got != want {
				t.Errorf("%d: %d, want %d", i, got, want)
			}
		}
	})
}

// certRequired returns a server that requires client certificates, but of health
// probes.
func certRequired(a *authority, auth tls.ClientAuthType) (*server.Server, chan mux.Peer, *logbook) {
	srv, peers, log := secure(a)
	srv.TLSConfig.ClientAuth, srv.TLSConfig.ClientCAs = auth, a.pool
	srv.HealthWithoutCert = true
	return srv, peers, log
}

// tlsBrowser is an HTTP client over TLS.
func tlsBrowser(n *network, config *tls.Config) *http.Client {
	return browser(&network{dial: func() (net.Conn, error) {
		raw, err := n.dial()
		return tls.Client(raw, config), err
	}})
}

// certModes are what a server may require of its clients, and how.
var certModes = []struct {
	name   string
	auth   tls.ClientAuthType
	chosen bool // by GetConfigForClient
}{
	{"any", tls.RequireAnyClientCert, false},
	{"verified", tls.RequireAndVerifyClientCert, false},
	{"any, as chosen", tls.RequireAnyClientCert, true},
	{"verified, as chosen", tls.RequireAndVerifyClientCert, true},
}

func forEachCertMode(t *testing.T, f func(t *testing.T, n *network, a *authority, srv *server.Server, peers chan mux.Peer, log *logbook)) {
	a := newAuthority(t)
	for _, mode := range certModes {
		t.Run(mode.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				srv, peers, log := certRequired(a, mode.auth)
				// What checks certificates relies on there being one.
				srv.TLSConfig.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
					_, err := x509.ParseCertificate(raw[0])
					return err
				}
				srv.TLSConfig.VerifyConnection = func(state tls.ConnectionState) error {
					return state.PeerCertificates[0].CheckSignatureFrom(a.cert)
				}
				if mode.chosen {
					chosen := srv.TLSConfig
					srv.TLSConfig = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return chosen, nil }}
				}
				start(t, n, srv)
				f(t, n, a, srv, peers, log)
			})
		})
	}
}

// TestHealthWithoutCert: without a certificate there are answers for /healthz and
// /readyz, and for nothing else.
func TestHealthWithoutCert(t *testing.T) {
	call := httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")
	forEachCertMode(t, func(t *testing.T, n *network, a *authority, srv *server.Server, peers chan mux.Peer, log *logbook) {
		c := tlsBrowser(n, a.client())
		defer c.CloseIdleConnections()
		for _, tt := range []struct {
			method, path string
			status       int
		}{
			{"GET", "/healthz", 200}, {"HEAD", "/healthz", 200}, {"GET", "/readyz", 200},
			{"GET", "/", 403}, {"GET", "/healthz/", 403}, {"POST", "/healthz", 403}, {"POST", "/", 403}, {"OPTIONS", "/healthz", 403}, {"PUT", "/", 403},
		} {
			resp, _ := ask(t, c, tt.method, tt.path, call, "Content-Type", xthrift)
			if resp.StatusCode != tt.status || !resp.Close {
				t.Errorf("%s %s: %s, closed: %v; want %d, and the connection closed", tt.method, tt.path, resp.Status, resp.Close, tt.status)
			}
		}
		withCert := tlsBrowser(n, a.client(a.issue("worker-7")))
		defer withCert.CloseIdleConnections()
		if resp, _ := post(t, withCert, xthrift, call); resp.StatusCode != 200 || resp.Close {
			t.Errorf("a call with a certificate: %s, closed: %v", resp.Status, resp.Close)
		}
		if p := <-peers; len(p.TLS.PeerCertificates) != 1 {
			t.Errorf("the peer has %d certificates", len(p.TLS.PeerCertificates))
		}
		if len(peers) > 0 {
			t.Error("a call without a certificate was run")
		}
		log.want(t, "bound=TLSConfig")
	})
}

// TestNoDialectWithoutCert: no byte of another dialect is read from a client
// without a certificate.
func TestNoDialectWithoutCert(t *testing.T) {
	forEachCertMode(t, func(t *testing.T, n *network, a *authority, srv *server.Server, peers chan mux.Peer, log *logbook) {
		v := vectors(t)
		opened := map[string][]byte{"thriftmux": dispatch(2, "A:b", 0), "thriftmux check": v["tinit-check-request"], "proxy": bytes.Clone(proxyHeaders[0].header)}
		for _, f := range forms {
			opened[f.String()] = f.bytes(msg{typ: wire.Call, name: "A:b", seqid: 1, body: []byte{0}})
		}
		for name, first := range opened {
			p := dialTLS(t, n, a.client(), nil)
			p.send(first)
			if b, err := io.ReadAll(p); err != nil || len(b) > 0 {
				t.Errorf("%s: %q, %v", name, b, err)
			}
			q := dialTLS(t, n, a.client(a.issue("worker-7")), nil)
			q.send(frame(wire.Call, "A:b", 1, 0))
			q.want(wire.Reply, 1)
			<-peers
			q.Close()
		}
		if len(peers) > 0 {
			t.Error("a call without a certificate was run")
		}
	})
}

// TestAWrongCertIsNoHealthProbe: a certificate that is given is checked.
func TestAWrongCertIsNoHealthProbe(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	inBubble(t, func(t *testing.T, n *network) {
		srv, _, log := certRequired(a, tls.RequireAndVerifyClientCert)
		start(t, n, srv)
		raw, err := n.dial()
		if err != nil {
			t.Fatal(err)
		}
		wrong := stranger.issue("worker-7")
		config := a.client()
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &wrong, nil }
		c := tls.Client(raw, config)
		defer c.Close()
		io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
		if b, err := io.ReadAll(c); err == nil || len(b) > 0 {
			t.Errorf("%q, %v; want the handshake to fail", b, err)
		}
		synctest.Wait() // the client may hear of it first
		log.want(t, "bound=TLSConfig")
	})
}

// TestASilentProbeIsClosed: without a certificate a connection lasts no longer than
// SniffTimeout, wherever the client stops.
func TestASilentProbeIsClosed(t *testing.T) {
	a := newAuthority(t)
	for name, sent := range map[string]string{
		"before its first byte": "",
		"in the first line":     "GET /he",
		"in a header":           "GET /healthz HTTP/1.1\r\nHos",
		"in a body":             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				srv, _, _ := certRequired(a, tls.RequireAndVerifyClientCert)
				srv.SniffTimeout = 3 * time.Second
				start(t, n, srv)
				p := dialTLS(t, n, a.client(), nil)
				p.send([]byte(sent))
				began := time.Now()
				b, err := io.ReadAll(p)
				if d := time.Since(began); err != nil || d > 4*time.Second || len(b) > 0 && !strings.HasPrefix(string(b), "HTTP/1.1 4") {
					t.Errorf("after %v: %q, %v", d, b, err)
				}
			})
		})
	}
}

func TestHealthWithoutCertIsCheckedAtStart(t *testing.T) {
	a := newAuthority(t)
	config := func(auth tls.ClientAuthType) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{a.issue("server")}, ClientAuth: auth}
	}
	for name, srv := range map[string]*server.Server{
		"no TLS":             {HealthWithoutCert: true},
		"no certificates":    {HealthWithoutCert: true, TLSConfig: config(tls.NoClientCert)},
		"not required":       {HealthWithoutCert: true, TLSConfig: config(tls.VerifyClientCertIfGiven)},
		"HTTP is not served": {HealthWithoutCert: true, TLSConfig: config(tls.RequireAnyClientCert), Disable: []string{"http"}},
	} {
		t.Run(name, func(t *testing.T) { wantServeError(t, srv, "HealthWithoutCert") })
	}
}

// TestNoHealthWithoutCertByDefault: the handshake fails.
func TestNoHealthWithoutCertByDefault(t *testing.T) {
	a := newAuthority(t)
	inBubble(t, func(t *testing.T, n *network) {
		srv, _, _ := certRequired(a, tls.RequireAndVerifyClientCert)
		srv.HealthWithoutCert = false
		start(t, n, srv)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, _ := http.NewRequestWithContext(ctx, "GET", "http://server/healthz", nil)
		if resp, err := tlsBrowser(n, a.client()).Do(r); err == nil {
			resp.Body.Close()
			t.Errorf("answered %s", resp.Status)
		}
	})
}
