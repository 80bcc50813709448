package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/oneport-thrift/oneport/server"
)

// access says how clients may connect, beside plainly over TCP.
type access struct {
	cert, key, clientCA string // files
	tls                 string // "required" or "optional"
	proxies             string // prefixes, separated by commas
	unix                string // path of a socket
}

func (a *access) flags(f *flag.FlagSet) {
	f.StringVar(&a.cert, "tls-cert", "", "`file` with the server's certificate: turns TLS on; read anew on SIGHUP")
	f.StringVar(&a.key, "tls-key", "", "`file` with the certificate's key")
	f.StringVar(&a.clientCA, "tls-client-ca", "", "`file` with the authorities that must have signed a client's certificate")
	f.StringVar(&a.tls, "tls", "required", "`required`, or optional: plain connections too, on the same port")
	f.StringVar(&a.proxies, "proxy-protocol", "", "`prefixes` whose PROXY headers are believed, as in 10.0.0.0/8,::1/128")
	f.StringVar(&a.unix, "unix", "", "`path` of a Unix socket to serve on as well")
}

// plain reports whether a client without TLS is served.
func (a *access) plain() bool { return a.cert == "" || a.tls == "optional" }

// apply sets srv up. What it returns is to be called in the end.
func (a *access) apply(srv *server.Server) (stop func(), err error) {
	for prefix := range strings.SplitSeq(a.proxies, ",") {
		if prefix == "" {
			continue
		}
		p, err := netip.ParsePrefix(prefix)
		if err != nil {
			return nil, fmt.Errorf("-proxy-protocol: %w", err)
		}
		srv.ProxyTrusted = append(srv.ProxyTrusted, p)
	}
	if a.tls != "required" && a.tls != "optional" {
		return nil, fmt.Errorf("-tls: %q is neither required nor optional", a.tls)
	}
	if a.cert == "" {
		return func() {}, nil
	}
	cert, err := server.LoadCertificate(a.cert, a.key)
	if err != nil {
		return nil, err
	}
	srv.TLSConfig = &tls.Config{GetCertificate: cert.Get}
	srv.TLSOptional = a.tls == "optional"
	if a.clientCA != "" {
		if srv.TLSConfig.ClientCAs, err = authorities(a.clientCA); err != nil {
			return nil, err
		}
		srv.TLSConfig.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return reloadOnHangup(cert), nil
}

func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("-tls-client-ca: no certificate in %s", file)
	}
	return pool, nil
}

// reloadOnHangup reads the certificate anew at each SIGHUP, until it is stopped.
func reloadOnHangup(cert *server.Certificate) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			if err := cert.Reload(); err != nil {
				fmt.Fprintln(os.Stderr, "foobar: the old certificate stays:", err)
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
	}
}

// serveUnix serves on the Unix socket too, if there is one, and tells served
// when that ends.
func (a *access) serveUnix(srv *server.Server, served chan<- error) {
	if a.unix != "" {
		go func() { served <- srv.ListenAndServe("unix:" + a.unix) }() // ends with Shutdown or Close
	}
}
