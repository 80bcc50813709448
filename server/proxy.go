package server

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
)

const (
	// maxProxyLine is the longest header of version 1, its CRLF included (PROXY
	// protocol, section 2.1).
	maxProxyLine = 107
	// proxyFixed is the part of a header of version 2 that ends with the length
	// of the rest (PROXY protocol, section 2.2).
	proxyFixed = 16
)

// proxied takes the PROXY header off that the connection begins with, and the
// addresses from it.
func (c *connection) proxied() error {
	switch {
	case c.tls != nil:
		return c.refuse("dialect", errors.New("server: PROXY header inside TLS"))
	case c.behindProxy:
		return c.refuse("dialect", errors.New("server: second PROXY header"))
	case !c.srv.trusts(c.rwc.RemoteAddr()):
		return c.refuse("ProxyTrusted", fmt.Errorf("server: PROXY header from %v, which is not trusted to send one (ProxyTrusted)", c.rwc.RemoteAddr()))
	}
	for {
		n, err := proxySize(c.in.unread())
		if err == nil && n > 0 {
			err = c.takeProxy(c.in.unread()[:n])
		}
		if err != nil {
			return c.refuse("dialect", fmt.Errorf("server: first bytes %s: PROXY header: %w", begin(c.in.unread()), err))
		}
		if n > 0 {
			c.in.skip(n)
			return nil
		}
		if err := c.in.fill(); err != nil {
			return err
		}
	}
}

// proxySize returns the size of the PROXY header that in begins with, or 0 if
// the rest of it is not there yet. in holds at least what tells its version.
func proxySize(in []byte) (int, error) {
	if in[0] == proxyproto.SIGV1[0] {
		line := in[:min(len(in), maxProxyLine)]
		end := bytes.IndexByte(line, '\n')
		switch {
		case !begins(in, "PROXY "):
			return 0, fmt.Errorf("unknown signature %q", in[:min(len(in), len("PROXY "))])
		case end < 0 && len(line) == maxProxyLine:
			return 0, fmt.Errorf("no end of the line within %d bytes", maxProxyLine)
		}
		return end + 1, nil
	}
	if !begins(in, string(proxyproto.SIGV2)) {
		return 0, fmt.Errorf("unknown signature % x", in[:min(len(in), len(proxyproto.SIGV2))])
	}
	if len(in) < proxyFixed {
		return 0, nil
	}
	rest := binary.BigEndian.Uint16(in[proxyFixed-2:])
	if rest > proxyproto.MaxV2HeaderSize {
		return 0, fmt.Errorf("length of %d bytes is over the limit of %d", rest, proxyproto.MaxV2HeaderSize)
	}
	if n := proxyFixed + int(rest); n <= len(in) {
		return n, nil
	}
	return 0, nil
}

// begins reports whether in, which may be cut short, can begin with signature.
func begins(in []byte, signature string) bool {
	n := min(len(in), len(signature))
	return string(in[:n]) == signature[:n]
}

// takeProxy takes the addresses from a header. One that carries none, such as
// that of a balancer's own check, leaves those of the connection.
func (c *connection) takeProxy(header []byte) error {
	h, err := proxyproto.Read(bufio.NewReaderSize(bytes.NewReader(header), len(header)))
	if err != nil {
		return err
	}
	c.behindProxy = true
	if h.Command.IsLocal() || h.SourceAddr == nil || h.DestinationAddr == nil {
		return nil
	}
	c.peer.Proxy = c.peer.Addr
	c.peer.Addr, c.peer.Local = h.SourceAddr, h.DestinationAddr
	return nil
}

// trusts reports whether a PROXY header from addr is believed.
func (s *Server) trusts(addr net.Addr) bool {
	var from netip.Addr
	switch a := addr.(type) {
	case *net.UnixAddr:
		return len(s.ProxyTrusted) > 0
	case *net.TCPAddr:
		from = a.AddrPort().Addr()
	default:
		ap, err := netip.ParseAddrPort(addr.String())
		if err != nil {
			return false
		}
		from = ap.Addr()
	}
	from = from.Unmap().WithZone("")
	for _, p := range s.ProxyTrusted {
		if p.Contains(from) {
			return true
		}
	}
	return false
}
