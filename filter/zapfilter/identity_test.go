package zapfilter_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"

	"github.com/oneport-thrift/oneport/filter/zapfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestTheNameInAVerifiedCertificateIsLogged(t *testing.T) {
	cert := &x509.Certificate{Subject: pkix.Name{CommonName: "worker-7"}}
	state := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
	for _, c := range []struct {
		verified bool
		want     any
	}{{false, nil}, {true, "worker-7"}} {
		if c.verified {
			state.VerifiedChains = [][]*x509.Certificate{{cert}}
		}
		log, logs := newLog(zapfilter.Options{})
		h := log.Filter(answers(mux.Reply{Type: wire.Reply}, nil))
		if _, err := h.ServeThrift(context.Background(), &mux.Request{Peer: &mux.Peer{TLS: state}}); err != nil {
			t.Fatal(err)
		}
		if _, fields := one(t, logs); fields["identity"] != c.want {
			t.Errorf("verified %t: %v", c.verified, fields)
		}
	}
}
