package server_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// TestUnknownOpenings wants a close and one line in the log, with the bytes and a
// guess, whatever the client goes on to send.
func TestUnknownOpenings(t *testing.T) {
	for first, guess := range map[string]string{
		"SSH-2.0-OpenSSH_9.2\r\n":                  "(SSH)",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":         "(HTTP/2 without TLS, as gRPC speaks it)",
		"\x78\x9c\x6a\x60\x64\x60":                 "zlib is not served (a zlib stream)",
		"\x78\x01\x00\x00":                         "zlib is not served",
		"\x15\x03\x01\x00\x02\x02\x28":             "(a TLS alert)",
		"*1\r\n$4\r\nPING\r\n":                     "(Redis)",
		"EHLO example.org\r\n":                     "(SMTP)",
		"what is this?\n":                          "(printable text)",
		"\x10\x00\x00\x00\x82\x21\x00\x00":         "(a little-endian length)",
		"\xff\xff\xff\xff\xff\xff":                 "unknown opening",
		"\x00\x00\x00\x00\xff":                     "empty first frame",
		"\x01\x00\x00\x00\x06GSSAPI":               "(Thrift in SASL (TSaslClientTransport), which is not spoken)",
		"\x00\x00\x00\x20\x10\x00\x00\x00" + zeros: "(Kitex's TTHeader, which is not spoken)",
		"\x00\x00\x00\x08\x10\x00\x00\x00" + zeros: "(Kitex's TTHeader, which is not spoken)",
		"\x80\x01\x00\x02\x00\x00\x00\x04echo":     "(a reply of a Thrift server instead of a call)",
		"\x00\x00\x00\x40\x82\x61\x01\x04echo":     "(a reply of a Thrift server instead of a call)",
		"\x00\x00\x00\x07GARBA\x00E":               "unknown content in a first frame",
		"\x00\x00\x00\x40\xde\xad\xbe\xef" + zeros: "unknown content in a first frame",
	} {
		inBubble(t, func(t *testing.T, n *network) {
			log, r := new(logbook), new(refusals)
			start(t, n, &server.Server{Handler: fooAndBar(), ErrorLog: log.logger(), Observer: r.observer()})
			s := speak(t, n, forms[0])
			s.sendRaw([]byte(first))
			s.wantClosed()
			s.Close()
			synctest.Wait()
			log.want(t, guess)
			log.want(t, fmt.Sprintf("% x", first[:min(len(first), 16)]))
			r.want(t, "dialect", 1)
		})
	}
}

const zeros = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// TestAmbiguousNames has services whose names begin as ThriftMux messages do, or
// as lengths of frames: in every form, the first message must be told from those.
func TestAmbiguousNames(t *testing.T) {
	for _, f := range forms {
		for _, service := range []string{"A", "BarApi", "C", "Dxx", "POST", "PROXY", "x"} {
			t.Run(f.String()+" "+service, func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *network) {
					m := fooAndBar()
					if service != "BarApi" {
						m.Register(service, bar.NewBarApiProcessor(barService{}))
					}
					start(t, n, &server.Server{Handler: m})
					s := speak(t, n, f)
					s.send(f.echoCall(t, service+":echo", 1, "x"))
					s.wantResult("echo", 1, new(bar.BarApiEchoResult))
				})
			})
		}
	}
}
