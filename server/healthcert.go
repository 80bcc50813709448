package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// errNoCert ends a connection without a client certificate that wants more than
// to know how the server is.
var errNoCert = errors.New("server: a client without a certificate asked for more than /healthz and /readyz (HealthWithoutCert)")

// requiresCert reports whether a handshake by auth fails without a client
// certificate.
func requiresCert(auth tls.ClientAuthType) bool {
	return auth == tls.RequireAnyClientCert || auth == tls.RequireAndVerifyClientCert
}

// checkHealth reports whether HealthWithoutCert means anything.
func (s *Server) checkHealth() error {
	switch config := s.TLSConfig; {
	case !s.HealthWithoutCert:
		return nil
	case config == nil || !requiresCert(config.ClientAuth) && config.GetConfigForClient == nil:
		return errors.New("server: HealthWithoutCert means nothing without a TLSConfig whose ClientAuth requires certificates")
	case slices.Contains(s.Disable, "http"):
		return fmt.Errorf("server: HealthWithoutCert means nothing while Disable has %q", "http")
	}
	return nil
}

// certOptional returns config with handshakes that succeed without a client
// certificate; one that is given is checked as before. The functions of config that
// check certificates are not called without one: what config required they need not
// expect to be missing.
func certOptional(config *tls.Config) *tls.Config {
	o := config.Clone()
	if requiresCert(config.ClientAuth) {
		o.ClientAuth = tls.VerifyClientCertIfGiven
		if config.ClientAuth == tls.RequireAnyClientCert {
			o.ClientAuth = tls.RequestClientCert
		}
		if check := config.VerifyPeerCertificate; check != nil {
			o.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
				if len(raw) == 0 {
					return nil
				}
				return check(raw, chains)
			}
		}
		if check := config.VerifyConnection; check != nil {
			o.VerifyConnection = func(state tls.ConnectionState) error {
				if len(state.PeerCertificates) == 0 {
					return nil
				}
				return check(state)
			}
		}
	}
	if choose := config.GetConfigForClient; choose != nil {
		o.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			chosen, err := choose(hello)
			if chosen == nil || err != nil {
				return chosen, err
			}
			hello.Conn.(*tlsWire).auth = chosen.ClientAuth
			return certOptional(chosen), nil
		}
	}
	return o
}

// lacksCert reports whether a handshake that auth governs has ended without the
// client certificate that auth requires.
func lacksCert(auth tls.ClientAuthType, state *tls.ConnectionState) bool {
	switch auth {
	case tls.RequireAnyClientCert:
		return len(state.PeerCertificates) == 0
	case tls.RequireAndVerifyClientCert:
		return len(state.VerifiedChains) == 0
	}
	return false
}
