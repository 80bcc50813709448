package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// secure returns a server that requires TLS, and tells of its calls' peers.
func secure(a *authority) (*server.Server, chan mux.Peer, *logbook) {
	srv, peers, log := tellPeer()
	srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{a.issue("server")}}
	return srv, peers, log
}

// dialTLS connects, and does the handshake over what under makes of the
// connection.
func dialTLS(t *testing.T, n *network, config *tls.Config, under func(net.Conn) net.Conn) *peer {
	t.Helper()
	p := dial(t, n)
	raw := p.Conn
	if under != nil {
		raw = under(raw)
	}
	c := tls.Client(raw, config)
	if err := c.Handshake(); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return &peer{t: t, Conn: c, r: bufio.NewReader(c)}
}

// bytewise writes a byte at a time.
type bytewise struct{ net.Conn }

func (c bytewise) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := c.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// headed puts bytes before the first that are written, in one segment with them.
type headed struct {
	net.Conn
	head []byte
}

func (c *headed) Write(b []byte) (int, error) {
	head := c.head
	c.head = nil
	n, err := c.Conn.Write(append(head, b...))
	return n - len(head), err
}

func TestTLS(t *testing.T) {
	a := newAuthority(t)
	for _, c := range []struct {
		name  string
		under func(net.Conn) net.Conn
		addr  string
	}{
		{"in whole segments", nil, balancer},
		{"a byte at a time", func(c net.Conn) net.Conn { return bytewise{c} }, balancer},
		{"behind a PROXY header in the hello's segment", func(c net.Conn) net.Conn {
			return &headed{c, bytes.Clone(proxyHeaders[0].header)}
		}, "192.0.2.1:42678"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				n.Listener = balanced{n.Listener}
				srv, peers, log := secure(a)
				srv.TLSConfig.ClientAuth, srv.TLSConfig.ClientCAs = tls.RequireAndVerifyClientCert, a.pool
				start(t, n, srv)
				p := dialTLS(t, n, a.client(a.issue("worker-7")), c.under)
				p.send(frame(wire.Call, "A:b", 1, 100), frame(wire.Call, "A:b", 2, 100_000))
				p.want(wire.Reply, 1, 2)
				got := <-peers
				if got.Identity() != "worker-7" || got.Addr.String() != c.addr || got.Dialect != "framed binary" {
					t.Errorf("the peer is %q at %v with %s, want worker-7 at %s with framed binary", got.Identity(), got.Addr, got.Dialect, c.addr)
				}
				p.Close()
				log.want(t)
			})
		})
	}
}

func TestTLSModes(t *testing.T) {
	a := newAuthority(t)
	for _, c := range []struct {
		name                string
		config, optional    bool
		servesPlain, serves bool
		log                 string // of the client that is refused
	}{
		{"off", false, false, true, false, "TLSConfig is not set"},
		{"required", true, false, false, true, "TLS is required"},
		{"optional", true, true, true, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				srv, _, log := secure(a)
				srv.TLSOptional = c.optional
				if !c.config {
					srv.TLSConfig = nil
				}
				start(t, n, srv)
				plain := dial(t, n)
				plain.send(frame(wire.Call, "A:b", 1, 0))
				if c.servesPlain {
					plain.want(wire.Reply, 1)
				} else {
					plain.wantEnd()
				}
				plain.Close()
				if c.serves {
					p := dialTLS(t, n, a.client(), nil)
					p.send(frame(wire.Call, "A:b", 1, 0))
					p.want(wire.Reply, 1)
					p.Close()
				} else if err := tls.Client(dial(t, n), a.client()).Handshake(); err == nil {
					t.Error("the handshake was done")
				}
				if c.log != "" {
					log.want(t, c.log)
				} else {
					log.want(t)
				}
			})
		})
	}
}

func TestTLSConfigWithoutCertificate(t *testing.T) {
	srv := &server.Server{TLSConfig: new(tls.Config)}
	if err := srv.Serve(servertestListener()); err == nil || err == server.ErrServerClosed {
		t.Errorf("Serve: %v", err)
	}
}

func TestTLSInsideTLSAndPROXYInsideTLSAreRefused(t *testing.T) {
	a := newAuthority(t)
	for _, first := range [][]byte{{0x16, 3, 1, 0, 100}, proxyHeaders[0].header} {
		inBubble(t, func(t *testing.T, n *network) {
			n.Listener = balanced{n.Listener}
			srv, _, log := secure(a)
			start(t, n, srv)
			p := dialTLS(t, n, a.client(), nil)
			p.send(first)
			p.wantEnd()
			p.Close()
			log.want(t, "inside TLS")
		})
	}
}

// A client whose certificate nobody vouches for is refused, in the log too.
func TestTLSClientOfAnotherAuthority(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	inBubble(t, func(t *testing.T, n *network) {
		srv, peers, log := secure(a)
		srv.TLSConfig.ClientAuth, srv.TLSConfig.ClientCAs = tls.RequireAndVerifyClientCert, a.pool
		start(t, n, srv)
		p := dialTLS(t, n, a.client(other.issue("worker-7")), nil) // TLS 1.3: refused after the client is done
		p.Write(frame(wire.Call, "A:b", 1, 0))
		p.wantEnd()
		p.Close()
		synctest.Wait() // the alert comes before the line
		log.want(t, "TLS handshake")
		if len(peers) > 0 {
			t.Error("a call was run")
		}
	})
}

// hello is the first thing that a TLS client writes.
func hello(t *testing.T, config *tls.Config) []byte {
	t.Helper()
	client, end := net.Pipe()
	go tls.Client(client, config).Handshake() // ends with the pipe
	b := make([]byte, 4096)
	n, err := end.Read(b)
	end.Close()
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

func TestTLSHelloCut(t *testing.T) {
	a := newAuthority(t)
	b := hello(t, a.client())
	inBubble(t, func(t *testing.T, n *network) {
		srv, _, log := secure(a)
		start(t, n, srv)
		for i := range b {
			p := dial(t, n)
			p.send(b[:i])
			if i%2 == 0 {
				closeWrite(t, p)
				p.wantEnd()
			} else {
				n.reset(p.Conn)
			}
		}
		log.want(t)
	})
}

func TestTLSHandshakeTooSlow(t *testing.T) {
	a := newAuthority(t)
	b := hello(t, a.client())
	inBubble(t, func(t *testing.T, n *network) {
		srv, _, log := secure(a)
		start(t, n, srv)
		began := time.Now()
		p := dial(t, n)
		for _, part := range [][]byte{b[:3], b[3:10], b[10:100]} {
			p.send(part)
			time.Sleep(3 * time.Second)
		}
		p.SetReadDeadline(began.Add(time.Minute))
		if _, err := p.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("read: %v", err)
		}
		if d := time.Since(began); d != 10*time.Second {
			t.Errorf("ended after %v, want 10s", d)
		}
		p.Close()
		log.want(t, "bound=SniffTimeout")
	})
}

func TestTLSClientsMayBeSilentAfterTheHandshake(t *testing.T) {
	a := newAuthority(t)
	inBubble(t, func(t *testing.T, n *network) {
		srv, _, log := secure(a)
		start(t, n, srv)
		p := dialTLS(t, n, a.client(), nil)
		for i := range int32(3) {
			time.Sleep(20 * time.Minute)
			p.send(frame(wire.Call, "A:b", i, 0))
			p.want(wire.Reply, i)
		}
		log.want(t)
	})
}

// Whoever reads until the end hears a proper one, also after half a close.
func TestTLSEndsProperly(t *testing.T) {
	a := newAuthority(t)
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error { g.pass(); return nil })
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{a.issue("server")}}
		start(t, n, srv)
		p := dialTLS(t, n, a.client(), nil)
		p.send(frame(wire.Call, "A:b", 1, 0))
		if err := p.Conn.(*tls.Conn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		g.await(1)
		g.open()
		p.want(wire.Reply, 1)
		if _, err := p.recv(); err != io.EOF {
			t.Errorf("the end is %v", err)
		}
	})
}

func TestTLSDrains(t *testing.T) {
	a := newAuthority(t)
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error { g.pass(); return nil })
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{a.issue("server")}}
		start(t, n, srv)
		idle := dialTLS(t, n, a.client(), nil)
		busy := dialTLS(t, n, a.client(), nil)
		shaking := dial(t, n)
		shaking.send(hello(t, a.client())[:50])
		busy.send(frame(wire.Call, "A:b", 1, 0))
		g.await(1)
		down := make(chan error, 1)
		go func() { down <- srv.Shutdown(t.Context()) }()
		idle.wantEnd()
		shaking.wantEnd()
		shaking.Close()
		g.open()
		busy.want(wire.Reply, 1)
		busy.wantEnd()
		busy.Close()
		idle.Close()
		if err := <-down; err != nil {
			t.Error(err)
		}
	})
}

// A client that takes its reply slowly is served as long as it takes some, and
// one that takes none is not, whether the server speaks TLS or its listener does.
func TestTLSWriteTimeout(t *testing.T) {
	a := newAuthority(t)
	for _, own := range []bool{true, false} {
		inBubble(t, func(t *testing.T, n *network) { tlsWriteTimeout(t, n, a, own) })
	}
}

func tlsWriteTimeout(t *testing.T, n *network, a *authority, own bool) {
	srv, _, log := secure(a)
	if !own {
		n.Listener = tls.NewListener(n.Listener, srv.TLSConfig)
		srv.TLSConfig = nil
	}
	start(t, n, srv)
	p := dialTLS(t, n, a.client(), func(c net.Conn) net.Conn { return slowly{c} })
	p.send(frame(wire.Call, "A:b", 1, 1<<20))
	got := make([]byte, 1<<20)
	if _, err := io.ReadFull(p, got); err != nil {
		t.Errorf("slow reader: %v", err)
	}
	log.want(t)

	q := dialTLS(t, n, a.client(), nil)
	q.send(frame(wire.Call, "A:b", 1, 1<<20))
	time.Sleep(time.Minute)
	log.want(t, "write")
}

// slowly reads a little each second.
type slowly struct{ net.Conn }

func (c slowly) Read(b []byte) (int, error) {
	time.Sleep(time.Second)
	return c.Conn.Read(b[:min(len(b), 10_000)])
}

func TestCertificateReload(t *testing.T) {
	a := newAuthority(t)
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "crt"), filepath.Join(dir, "key")
	if _, err := server.LoadCertificate(certFile, keyFile); err == nil {
		t.Fatal("loaded from files that are not there")
	}
	a.write("first", certFile, keyFile)
	cert, err := server.LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	n := onLoopback(t)
	srv, _, _ := secure(a)
	srv.TLSConfig = &tls.Config{GetCertificate: cert.Get}
	start(t, n, srv)

	serverName := func() string {
		p := dialTLS(t, n, a.client(), nil)
		return p.Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := serverName(); got != "first" {
		t.Errorf("got %q", got)
	}
	a.write("second", certFile, keyFile)
	if got := serverName(); got != "first" {
		t.Errorf("before Reload: got %q", got)
	}
	if err := cert.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := serverName(); got != "second" {
		t.Errorf("after Reload: got %q", got)
	}
	a.write("third", certFile, filepath.Join(dir, "another key"))
	if err := cert.Reload(); err == nil {
		t.Error("loaded a certificate with the key of another")
	}
	if got := serverName(); got != "second" {
		t.Errorf("after a Reload that failed: got %q", got)
	}
}

// TestAPanicInTheTLSConfig ends the handshake of the connection that caused it.
func TestAPanicInTheTLSConfig(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		a := newAuthority(t)
		srv, _, log := secure(a)
		cert := a.issue("server")
		srv.TLSConfig = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == "bad.example" {
				panic("no such name")
			}
			return &cert, nil
		}}
		start(t, n, srv)
		bad := dial(t, n)
		if err := tls.Client(bad.Conn, &tls.Config{ServerName: "bad.example"}).Handshake(); err == nil {
			t.Error("the handshake succeeded")
		}
		p := dialTLS(t, n, a.client(), nil)
		p.send(frame(wire.Call, "A:b", 1, 0))
		p.want(wire.Reply, 1)
		log.want(t, "no such name")
	})
}
