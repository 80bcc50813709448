package server_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// balanced is a listener whose clients have the address of a balancer.
type balanced struct{ net.Listener }

type balancedConn struct{ net.Conn }

const balancer = "127.0.0.1:999"

func (l balanced) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return balancedConn{c}, nil
}

func (balancedConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(balancer))
}
func (c balancedConn) CloseWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// behindBalancer returns a network in memory whose clients are the balancer.
func behindBalancer() *network {
	n := inMemory()
	n.Listener = balanced{n.Listener}
	return n
}

// tellPeer returns a server that trusts loopback and sends the peer of each call.
func tellPeer() (*server.Server, chan mux.Peer, *logbook) {
	peers, log := make(chan mux.Peer, 100), new(logbook)
	srv := handle(func(ctx context.Context, req *mux.Request) error {
		peers <- *req.Peer
		return nil
	})
	srv.ProxyTrusted, srv.ErrorLog = loopback, log.logger()
	return srv, peers, log
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

const proxySignature = "0d0a0d0a000d0a515549540a"

// proxyHeaders are as balancers write them (PROXY protocol, sections 2.1 and
// 2.2), with the client's address in them.
var proxyHeaders = []struct {
	name   string
	header []byte
	client string // "": none
}{
	{"line of IPv4", []byte("PROXY TCP4 192.0.2.1 127.0.0.1 42678 23931\r\n"), "192.0.2.1:42678"},
	{"line of IPv6", []byte("PROXY TCP6 2001:db8::1 ::1 42678 23931\r\n"), "[2001:db8::1]:42678"},
	{"line of unknown addresses", []byte("PROXY UNKNOWN\r\n"), ""},
	{"longest line", []byte("PROXY UNKNOWN " + strings.Repeat("f", 107-16) + "\r\n"), ""},
	{"IPv4", unhex(proxySignature + "21 11 000c c0000201 7f000001 ed3a 5d7c"), "192.0.2.1:60730"},
	{"IPv6", unhex(proxySignature + "21 21 0024 20010db8000000000000000000000001 00000000000000000000000000000001 ed3a 5d7c"), "[2001:db8::1]:60730"},
	{"IPv4 with checksum and unique id", unhex(proxySignature + "21 11 001b c0000201 7f000001 ed3a 5d7c 03 0004 01020304 05 0005 6162636465"), "192.0.2.1:60730"},
	{"IPv4 with a type that nobody knows", unhex(proxySignature + "21 11 0010 c0000201 7f000001 ed3a 5d7c ef 0001 00"), "192.0.2.1:60730"},
	{"balancer's own", unhex(proxySignature + "20 00 0000"), ""},
	{"balancer's own with a checksum", unhex(proxySignature + "20 11 0007 03 0004 01020304"), ""},
}

func TestProxyHeaders(t *testing.T) {
	for _, c := range proxyHeaders {
		for _, bytewise := range []bool{false, true} {
			name := c.name + " in one segment with the call"
			if bytewise {
				name = c.name + " a byte at a time"
			}
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, _ *network) {
					n := behindBalancer()
					srv, peers, log := tellPeer()
					start(t, n, srv)
					p := dial(t, n)
					b := append(c.header[:len(c.header):len(c.header)], frame(wire.Call, "A:b", 7, 10)...)
					if bytewise {
						sendBytewise(p, b)
					} else {
						p.send(b)
					}
					p.want(wire.Reply, 7)
					got := <-peers
					wantAddr, wantProxy := balancer, ""
					if c.client != "" {
						wantAddr, wantProxy = c.client, balancer
					}
					proxy := ""
					if got.Proxy != nil {
						proxy = got.Proxy.String()
					}
					if got.Addr.String() != wantAddr || proxy != wantProxy {
						t.Errorf("the peer is %v by %q, want %s by %q", got.Addr, proxy, wantAddr, wantProxy)
					}
					p.Close()
					log.want(t)
				})
			})
		}
	}
}

// sendBytewise writes a byte at a time, and waits until it was read.
func sendBytewise(p *peer, b []byte) {
	for i := range b {
		p.send(b[i : i+1])
		time.Sleep(time.Millisecond) // on fake time: until nobody else can run
	}
}

// A balancer sends its header when it connects, and its client may wait for long.
func TestProxyHeaderLongBeforeTheCall(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *network) {
		n := behindBalancer()
		srv, _, log := tellPeer()
		start(t, n, srv)
		p := dial(t, n)
		p.send(proxyHeaders[0].header)
		time.Sleep(20 * time.Minute)
		p.send(frame(wire.Call, "A:b", 1, 0))
		p.want(wire.Reply, 1)
		log.want(t)
	})
}

func TestProxyChecksLeaveNoLine(t *testing.T) {
	for _, c := range []struct {
		name string
		sent []byte
	}{
		{"connect", nil},
		{"send-proxy", proxyHeaders[0].header},
		{"check-send-proxy of version 2", unhex(proxySignature + "20 00 0000")},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *network) {
				n.Listener = balanced{n.Listener}
				srv, _, log := tellPeer()
				log.all = true
				start(t, n, srv)
				for _, end := range []func(net.Conn){n.reset, func(c net.Conn) { c.Close() }} {
					p := dial(t, n)
					p.send(c.sent)
					end(p.Conn)
				}
				p := dial(t, n) // comes after them
				p.send(frame(wire.Call, "A:b", 1, 0))
				p.want(wire.Reply, 1)
				p.Close()
				if err := srv.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				log.want(t)
			})
		})
	}
}

func TestProxyHeaderIsRefused(t *testing.T) {
	line := string(proxyHeaders[0].header)
	for _, c := range []struct {
		name    string
		sent    string
		trusted []netip.Prefix
		log     string
	}{
		{"from anybody by default", line, nil, "bound=ProxyTrusted"},
		{"from others than trusted", line, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "bound=ProxyTrusted"},
		{"for the second time", line + line, loopback, "second PROXY header"},
		{"of another signature", "PROXx TCP4 192.0.2.1 127.0.0.1 1 2\r\n", loopback, "unknown signature"},
		{"of another binary signature", "\r\n\r\n\x00\r\nQUUT", loopback, "unknown signature"},
		{"of a line too long", "PROXY " + strings.Repeat("a", 101), loopback, "107 bytes"},
		{"of no address", "PROXY TCP4 me you 1 2\r\n", loopback, "PROXY header"},
		{"of an unknown command", string(unhex(proxySignature + "2f 11 0000")), loopback, "PROXY header"},
		{"of too many bytes", string(unhex(proxySignature + "21 11 ffff")), loopback, "limit of 4096"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *network) {
				n := behindBalancer()
				srv, peers, log := tellPeer()
				srv.ProxyTrusted = c.trusted
				start(t, n, srv)
				p := dial(t, n)
				p.send([]byte(c.sent))
				p.wantEnd()
				p.Close()
				log.want(t, c.log)
				if len(peers) > 0 {
					t.Error("a call was run")
				}
			})
		})
	}
}

// A header that is cut anywhere is waited for, and forgotten with its connection.
func TestProxyHeaderCut(t *testing.T) {
	for _, c := range proxyHeaders {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, _ *network) {
				n := behindBalancer()
				srv, _, log := tellPeer()
				start(t, n, srv)
				for i := range c.header {
					p := dial(t, n)
					p.send(c.header[:i])
					closeWrite(t, p)
					p.wantEnd()
				}
				log.want(t)
			})
		})
	}
}

func TestProxyHeaderTooSlow(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *network) {
		n := behindBalancer()
		srv, _, log := tellPeer()
		start(t, n, srv)
		began := time.Now()
		p := dial(t, n)
		p.send(proxyHeaders[0].header[:20])
		time.Sleep(8 * time.Second)
		p.send(proxyHeaders[0].header[20:], []byte{0, 0})
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
