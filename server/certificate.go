package server

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"
)

// Certificate is a certificate and its key in two PEM files, which can be read
// anew while a server uses them:
//
//	cert, err := server.LoadCertificate("server.crt", "server.key")
//	…
//	srv.TLSConfig = &tls.Config{GetCertificate: cert.Get}
//
// Connections that are open keep the certificate they began with. All methods
// may be called concurrently. The authorities that client certificates are
// verified by can be replaced in the same manner with tls.Config's
// GetConfigForClient.
type Certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

// LoadCertificate reads a certificate from certFile, which may hold intermediate
// ones behind it, and its key from keyFile, which may be the same file.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile}
	if err := c.Reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// Reload reads the files again. On an error the old certificate stays.
func (c *Certificate) Reload() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("server: certificate: %w", err)
	}
	c.current.Store(&pair)
	return nil
}

// Get returns the certificate as it was last read; it is what a tls.Config has
// as its GetCertificate. The error is always nil.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}
