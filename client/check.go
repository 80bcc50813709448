package client

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"reflect"
	"strings"

	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// check reports every field whose value breaks what its documentation asks for. The
// texts are for an [Error], which puts the package's name before them.
func (c *Client) check() error {
	return errors.Join(c.checkPlugs(), c.checkDialect(), c.checkBounds(), c.checkEndpoints())
}

// checkPlugs reports what would panic at the first call.
func (c *Client) checkPlugs() error {
	var errs []error
	if isNilPointer(c.Resolver) {
		errs = append(errs, fmt.Errorf("Resolver is a nil %T", c.Resolver))
	}
	if isNilPointer(c.Balancer) {
		errs = append(errs, fmt.Errorf("Balancer is a nil %T", c.Balancer))
	}
	for i, f := range c.Filters {
		if f == nil {
			errs = append(errs, fmt.Errorf("%s[%d] is nil", "Filters", i))
		}
	}
	return errors.Join(errs...)
}

// isNilPointer reports whether v is an interface around a nil pointer or func.
func isNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.IsValid() && (r.Kind() == reflect.Pointer || r.Kind() == reflect.Func) && r.IsNil()
}

// checkDialect reports what the client cannot speak, and fields that mean nothing
// in the dialect that it speaks.
func (c *Client) checkDialect() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Mode < Pipelined || c.Mode > Adaptive {
		add("unknown Mode %d", c.Mode)
	}
	if c.Protocol != 0 && poolIndex(c.Protocol) < 0 {
		add("Protocol %v is not spoken; want %v or %v", c.Protocol, wire.Binary, wire.Compact)
	}
	d := c.dialect()
	if _, ok := dialects[d]; !ok {
		add("Dialect %v is not spoken; want %v, %v, %v or %v", d, wire.Framed, wire.Buffered, wire.THeader, wire.ThriftMux)
	}
	hasScheme := strings.HasPrefix(c.Target, muxScheme)
	switch {
	case hasScheme && c.Resolver != nil:
		add("Target %q: %q is for lists of addresses; with a Resolver, set Dialect to wire.ThriftMux", c.Target, muxScheme)
	case hasScheme && c.Dialect != 0 && c.Dialect != wire.ThriftMux:
		add("Target %q and Dialect %v contradict each other", c.Target, c.Dialect)
	}
	if c.Zlib && d != wire.THeader {
		add("Zlib requires Dialect %v, not %v", wire.THeader, d)
	}
	if n := len(c.ClientID); n > thriftmux.MaxField {
		add("ClientID of %d bytes exceeds the maximum of %d", n, thriftmux.MaxField)
	}
	return errors.Join(errs...)
}

// checkBounds reports bounds that cannot be kept or that contradict each other.
func (c *Client) checkBounds() error {
	var errs []error
	if c.MaxMessageSize > wire.MaxSniffFrame {
		errs = append(errs, fmt.Errorf("MaxMessageSize %d exceeds the maximum of %d: servers could not tell a longer frame from a PROXY v2 header",
			c.MaxMessageSize, wire.MaxSniffFrame))
	}
	if math.IsNaN(c.RetryShare) || math.IsInf(c.RetryShare, 0) {
		errs = append(errs, fmt.Errorf("RetryShare %v is not a number of calls; a negative one means no bound", c.RetryShare))
	}
	if b := c.resolve(); b.minWait > b.maxWait {
		errs = append(errs, fmt.Errorf("MinBackoff %v exceeds MaxBackoff %v", b.minWait, b.maxWait))
	}
	return errors.Join(errs...)
}

// checkEndpoints reports a target without addresses that can be dialed. What a
// Resolver finds is seen when it is dialed.
func (c *Client) checkEndpoints() error {
	list, ok := c.Resolver.(Static)
	if c.Resolver == nil {
		parsed, err := parseTarget(c.Target)
		if err != nil {
			return err
		}
		list = parsed
	} else if !ok {
		return nil
	}
	var errs []error
	seen := make(map[string]Endpoint, len(list))
	for i, e := range list {
		if err := checkAddr(e.Addr); err != nil && c.DialContext == nil {
			errs = append(errs, fmt.Errorf("endpoint %d: %w", i, err))
		}
		if before, ok := seen[e.Addr]; ok && before != e {
			errs = append(errs, fmt.Errorf("endpoint %d: address %q is listed twice, with ServerName %q and %q",
				i, e.Addr, before.ServerName, e.ServerName))
		}
		seen[e.Addr] = e
		if strings.HasPrefix(e.Addr, unixPrefix) && e.ServerName == "" && c.TLS != nil && c.TLS.ServerName == "" && !c.TLS.InsecureSkipVerify {
			errs = append(errs, fmt.Errorf("endpoint %q has no host to check its certificate for: set TLS.ServerName", e.Addr))
		}
	}
	return errors.Join(errs...)
}

// checkAddr says why addr cannot be dialed.
func checkAddr(addr string) error {
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		if path == "" || path == "@" {
			return fmt.Errorf("address %q names no socket", addr)
		}
		return nil
	}
	switch {
	case addr == "":
		return errors.New(`no address: want "host:port" or "unix:/path"`)
	case strings.Contains(addr, "://"):
		return fmt.Errorf(`address %q is a URL: want "host:port" or "unix:/path"`, addr)
	}
	host, port, err := net.SplitHostPort(addr)
	switch {
	case err != nil:
		return fmt.Errorf(`address %q: %s: want "host:port" or "unix:/path"`, addr, addrFault(err))
	case port == "":
		return fmt.Errorf("address %q has no port", addr)
	case strings.ContainsAny(host, "/ \t\r\n@?#"):
		return fmt.Errorf("address %q has no valid host", addr)
	}
	n, err := net.DefaultResolver.LookupPort(context.Background(), "tcp", port) // looks at no network
	if err != nil || n == 0 {
		return fmt.Errorf("address %q has no valid port: want 1 to 65535, or the name of a service", addr)
	}
	return nil
}

// addrFault returns what net.SplitHostPort says is wrong, without the address.
func addrFault(err error) string {
	if e := (*net.AddrError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err.Error()
}
