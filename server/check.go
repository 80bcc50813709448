package server

import (
	"errors"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strings"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// check reports every field whose value breaks what its documentation asks for.
func (s *Server) check() error {
	return errors.Join(
		s.bounds.check(),
		s.checkHandlers(),
		checkCertificate(s.TLSConfig),
		s.checkTLSFields(),
		s.checkProxies(),
		s.checkDisabled(),
		s.checkAllDisabled(),
		s.resolveRules(),
		s.checkHealth(),
	)
}

// checkHandlers reports a Handler that would panic at its first call, and filters
// that are nil.
func (s *Server) checkHandlers() error {
	var errs []error
	if h := reflect.ValueOf(s.Handler); h.IsValid() && (h.Kind() == reflect.Pointer || h.Kind() == reflect.Func) && h.IsNil() {
		errs = append(errs, fmt.Errorf("server: Handler is a nil %T", s.Handler))
	}
	for i, f := range s.Filters {
		if f == nil {
			errs = append(errs, fmt.Errorf("server: Filters[%d] is nil", i))
		}
	}
	return errors.Join(errs...)
}

// checkTLSFields reports what of the TLS fields contradicts the others.
func (s *Server) checkTLSFields() error {
	if s.TLSOptional && s.TLSConfig == nil {
		return errors.New("server: TLSOptional is set without TLSConfig: all connections would be plain")
	}
	if s.TLSConfig != nil && slices.Contains(s.TLSConfig.NextProtos, "h2") {
		return fmt.Errorf(`server: TLSConfig.NextProtos %q offers "h2", which is not served`, s.TLSConfig.NextProtos)
	}
	return nil
}

// checkProxies reports the prefixes that match no address.
func (s *Server) checkProxies() error {
	var errs []error
	for i, p := range s.ProxyTrusted {
		switch {
		case !p.IsValid():
			errs = append(errs, fmt.Errorf("server: ProxyTrusted[%d] is not a valid prefix", i))
		case p.Addr().Is4In6() && p.Bits() >= 96:
			// Peers' addresses are unmapped before they are compared.
			errs = append(errs, fmt.Errorf("server: ProxyTrusted[%d] %v never matches: write the IPv4 prefix %v/%d",
				i, p, p.Addr().Unmap(), p.Bits()-96))
		}
	}
	return errors.Join(errs...)
}

// checkAllDisabled reports a list that leaves no dialect to serve.
func (s *Server) checkAllDisabled() error {
	for d, protocols := range switchable {
		if protocols == nil {
			protocols = []wire.Protocol{0}
		}
		for _, p := range protocols {
			if !s.disabled(wire.Opening{Dialect: d, Protocol: p}) {
				return nil
			}
		}
	}
	return errors.New("server: Disable leaves no dialect to serve")
}

// checkAddr reports an address at which no client would find the server. A port of the
// system's choice is asked for with port 0.
func checkAddr(addr string) error {
	path, ok := strings.CutPrefix(addr, "unix:")
	switch {
	case ok && (path == "" || path == "@"):
		return fmt.Errorf("server: address %q names no socket", addr)
	case ok:
		return nil
	case addr == "":
		return errors.New(`server: no address to listen on: want "host:port" or "unix:/path"`)
	case strings.Contains(addr, "://"):
		return fmt.Errorf(`server: address %q is a URL: want "host:port" or "unix:/path"`, addr)
	}
	_, port, err := net.SplitHostPort(addr)
	if e := (*net.AddrError)(nil); errors.As(err, &e) {
		return fmt.Errorf(`server: address %q: %s: want "host:port" or "unix:/path"`, addr, e.Err)
	}
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if port == "" {
		return fmt.Errorf("server: address %q has no port; 0 has the system choose one", addr)
	}
	return nil
}
