package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// tlsWire is the connection under a TLS session. All of the session's writes
// come one at a time.
type tlsWire struct {
	replayed
	c       *connection
	shaking bool // the handshake goes on, under a deadline of its own
	// auth is what the configuration that the handshake goes by asks for.
	auth tls.ClientAuthType
}

func (w *tlsWire) Write(b []byte) (int, error) {
	if w.shaking {
		return w.Conn.Write(b)
	}
	return w.c.writeRaw(b, time.Now())
}

// startTLS does the handshake of a connection that begins with a TLS hello; what
// the connection speaks is inside.
func (c *connection) startTLS() error {
	switch {
	case c.tls != nil:
		return c.refuse("dialect", errors.New("server: TLS inside TLS"))
	case c.srv.TLSConfig == nil:
		return c.refuse("TLSConfig", errors.New("server: client started TLS, but TLSConfig is not set"))
	}
	under := &tlsWire{replayed: replayed{c.rwc, bytes.Clone(c.in.unread())}, c: c, shaking: true, auth: c.srv.TLSConfig.ClientAuth}
	by := time.Time{}
	if c.in.partial > 0 {
		by = c.in.since.Add(c.in.partial)
	}
	c.in.skip(len(under.first))
	c.in.release()
	c.rwc.SetDeadline(by)
	// Asked after the deadline was set: drain does it the other way round.
	if c.draining.Load() {
		return errDraining
	}
	session := tls.Server(under, c.srv.tls)
	if err := shakeHands(session); err != nil {
		return c.handshakeFailed(err)
	}
	under.shaking = false
	c.rwc.SetDeadline(time.Time{})
	c.tls = session
	state := session.ConnectionState()
	c.peer.TLS = &state
	c.certless = lacksCert(under.auth, &state)
	c.in.secured(session)
	return nil
}

// shakeHands does the handshake. A panic in a func of the TLSConfig, which a stranger's
// hello may cause, is its error.
func shakeHands(session *tls.Conn) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = mux.NewPanicError(v)
		}
	}()
	return session.Handshake()
}

// handshakeFailed returns the error that ends the connection. A client that goes
// away during the handshake is as one that goes away before its first byte.
func (c *connection) handshakeFailed(err error) error {
	switch {
	case c.draining.Load():
		return errDraining
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF
	case isReset(err):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return c.refuse("SniffTimeout", fmt.Errorf("server: TLS handshake not done within %v (SniffTimeout)", c.in.partial))
	}
	return c.refuse("TLSConfig", fmt.Errorf("server: TLS handshake: %w", err))
}

// checkCertificate reports whether a server can prove who it is with config,
// which may be nil.
func checkCertificate(config *tls.Config) error {
	if config != nil && len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		return errors.New("server: TLSConfig has no certificate: set Certificates, GetCertificate or GetConfigForClient")
	}
	return nil
}

// checkTLS refuses a plain connection where TLS is required, and one without a
// client certificate that speaks anything but HTTP.
func (c *connection) checkTLS(o wire.Opening) error {
	if c.certless && o.Dialect != wire.HTTP {
		return c.refuse("TLSConfig", errNoCert)
	}
	if c.tls != nil || c.srv.TLSConfig == nil || c.srv.TLSOptional {
		return nil
	}
	return c.refuse("TLSConfig", fmt.Errorf("server: first bytes %s: a plain connection in %s, where TLS is required (TLSOptional)",
		begin(c.in.unread()), dialectName(o.Dialect, o.Protocol)))
}
