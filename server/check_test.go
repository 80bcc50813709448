package server_test

import (
	"crypto/tls"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/server/servertest"
)

// Each condition on a field is checked before anything is served, and the error
// names the field and the value.
func TestFieldsAreChecked(t *testing.T) {
	withCert := func(c *tls.Config) *tls.Config {
		c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none") }
		return c
	}
	same := func(h mux.Handler) mux.Handler { return h }
	for _, c := range []struct {
		name string
		srv  *server.Server
		want []string // what the error holds; nothing: it serves
	}{
		{"nothing set", &server.Server{}, nil},
		{"nil handler", &server.Server{Handler: nil}, nil},
		{"nil *mux.Mux", &server.Server{Handler: (*mux.Mux)(nil)}, []string{"Handler is a nil *mux.Mux"}},
		{"nil func", &server.Server{Handler: mux.HandlerFunc(nil)}, []string{"Handler is a nil mux.HandlerFunc"}},
		{"filters", &server.Server{Filters: []mux.Filter{same}}, nil},
		{"nil filters", &server.Server{Filters: []mux.Filter{nil, same, nil}}, []string{"Filters[0] is nil", "Filters[2] is nil"}},
		{"the largest message", &server.Server{MaxMessageSize: 218_762_505}, nil},
		{"a larger message", &server.Server{MaxMessageSize: 218_762_506}, []string{"MaxMessageSize 218762506 exceeds the maximum of 218762505"}},
		{"no bound on messages", &server.Server{MaxMessageSize: -1}, nil},
		{"no certificate", &server.Server{TLSConfig: new(tls.Config)}, []string{"TLSConfig has no certificate"}},
		{"TLS", &server.Server{TLSConfig: withCert(&tls.Config{NextProtos: []string{"http/1.1"}}), TLSOptional: true}, nil},
		{"optional TLS that is off", &server.Server{TLSOptional: true}, []string{"TLSOptional is set without TLSConfig"}},
		{"HTTP/2", &server.Server{TLSConfig: withCert(&tls.Config{NextProtos: []string{"http/1.1", "h2"}})}, []string{`TLSConfig.NextProtos ["http/1.1" "h2"] offers "h2"`}},
		{"balancers", &server.Server{ProxyTrusted: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8"), netip.MustParsePrefix("::/0")}}, nil},
		{"no prefix", &server.Server{ProxyTrusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), {}}}, []string{"ProxyTrusted[1] is not a valid prefix"}},
		{"a prefix that is too long", &server.Server{ProxyTrusted: []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 33)}}, []string{"ProxyTrusted[0] is not a valid prefix"}},
		{"a mapped prefix", &server.Server{ProxyTrusted: []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}}, []string{"ProxyTrusted[0] ::ffff:10.0.0.0/104 never matches: write the IPv4 prefix 10.0.0.0/8"}},
		{"all mapped addresses", &server.Server{ProxyTrusted: []netip.Prefix{netip.MustParsePrefix("::ffff:0.0.0.0/96")}}, []string{"write the IPv4 prefix 0.0.0.0/0"}},
		{"disabled", &server.Server{Disable: []string{"framed", "http"}}, nil},
		{"disabled, and no dialect", &server.Server{Disable: []string{"framed binnary"}}, []string{`unknown dialect "framed binnary" in Disable`, `"buffered compact"`}},
		{"all disabled", &server.Server{Disable: []string{"framed", "buffered", "theader", "thriftmux", "http"}}, []string{"Disable leaves no dialect"}},
		{"all disabled, one by one", &server.Server{Disable: []string{"framed binary", "framed json", "framed compact", "buffered", "theader", "thriftmux", "http"}}, []string{"Disable leaves no dialect"}},
		{"all but one", &server.Server{Disable: []string{"framed", "buffered", "theader", "thriftmux"}}, nil},
		{"several mistakes", &server.Server{TLSOptional: true, MaxMessageSize: 1 << 30, Filters: []mux.Filter{nil}}, []string{"TLSOptional", "MaxMessageSize", "Filters[0]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := servertest.Listen()
			client, err := l.Dial()
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			nc, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			if len(c.want) == 0 {
				client.Close()
				if err := c.srv.ServeConn(nc); err != nil {
					t.Errorf("ServeConn: %v", err)
				}
				c.srv.Close()
				if err := c.srv.Serve(l); err != server.ErrServerClosed {
					t.Errorf("Serve: %v", err)
				}
				return
			}
			for what, err := range map[string]error{"Serve": c.srv.Serve(l), "ServeConn": c.srv.ServeConn(nc), "ListenAndServe": c.srv.ListenAndServe("127.0.0.1:0")} {
				for _, text := range c.want {
					if err == nil || strings.Count(err.Error(), text) != 1 {
						t.Errorf("%s: %v, want %q", what, err, text)
					}
				}
			}
		})
	}
}

// An address at which nobody would look for the server is an error.
func TestAddressesAreChecked(t *testing.T) {
	for addr, want := range map[string]string{
		"":                               "no address to listen on",
		"unix:":                          `"unix:" names no socket`,
		"unix:@":                         `"unix:@" names no socket`,
		"127.0.0.1:":                     `"127.0.0.1:" has no port`,
		":":                              `":" has no port`,
		"127.0.0.1":                      "missing port",
		"127.0.0.1:99999":                "99999",
		"127.0.0.1:-1":                   "-1",
		"http://127.0.0.1":               `"http://127.0.0.1" is a URL`,
		"tcp://:9090":                    `"tcp://:9090" is a URL`,
		"9090":                           "missing port",
		"unix:/no/such/directory/socket": "no such",
	} {
		srv := new(server.Server)
		srv.Close() // so that it would not serve for ever
		err := srv.ListenAndServe(addr)
		if err == nil || errors.Is(err, server.ErrServerClosed) || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "server: ") != 1 {
			t.Errorf("%q: %v, want %q", addr, err, want)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0", ":0"} {
		srv := new(server.Server)
		srv.Close()
		if err := srv.ListenAndServe(addr); err != server.ErrServerClosed {
			t.Errorf("%q: %v", addr, err)
		}
	}
	srv := new(server.Server)
	if err := srv.Serve(nil); err == nil || !strings.Contains(err.Error(), "nil listener") {
		t.Errorf("no listener: %v", err)
	}
	if err := srv.ServeConn(nil); err == nil || !strings.Contains(err.Error(), "nil connection") {
		t.Errorf("no connection: %v", err)
	}
}
