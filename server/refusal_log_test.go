package server_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// The line about a connection that is refused shows what came, whether or not the
// dialect was known by then.
func TestRefusalsShowWhatCame(t *testing.T) {
	a := newAuthority(t)
	call := wire.AppendHeader(nil, wire.Binary, wire.Call, "echo", 1)
	framed := func(b string) string { return string(wire.AppendFrameHeader(nil, len(b))) + b }
	for name, c := range map[string]struct {
		set  func(*server.Server)
		sent string
		log  []string // that the one line holds
	}{
		"a plain call where TLS is required": {
			func(s *server.Server) { s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{a.issue("server")}} }, framed(string(call)),
			[]string{"bound=TLSConfig", "first bytes 00 00 00 10 80 01 00 01 00 00 00 04 65 63 68 6f:", "in framed binary", "TLSOptional"},
		},
		"half a first message": {
			nil, "\x00\x00\x00\x20Foo", []string{"bound=SniffTimeout", "first bytes 00 00 00 20 46 6f 6f:", "7 bytes came"},
		},
		"half a first message of something known": {
			nil, "\x00\x00\x00\x04echo", []string{"bound=SniffTimeout", "first bytes 00 00 00 04 65 63 68 6f:", "8 bytes came"},
		},
		"half a message": {
			nil, "\x00\x00\x00\x20\x80\x01\x00\x01\x00", []string{"bound=MessageTimeout", "beginning with 00 00 00 20 80 01 00 01 00,"},
		},
		"a frame that is no message": {
			nil, framed("\x80\x01\x00\x01\xff\xff\xff\xff"), []string{"message that begins with 00 00 00 08 80 01 00 01 ff ff ff ff:", "negative name length"},
		},
		"a frame behind a frame": {
			nil, framed("\x80\x01\x00\x04\x00\x00\x00\x04note\x00\x00\x00\x00\x00") + framed("HELLO WORLD"), []string{"begins with 00 00 00 0b 48 45 4c 4c 4f 20 57 4f 52 4c 44:"},
		},
		"an unframed message": {
			nil, "\x80\x01\x00\x01\xff\xff\xff\xff", []string{"message that begins with 80 01 00 01 ff ff ff ff:"},
		},
		"a THeader frame": {
			nil, framed("\x0f\xff\x00\x00\x00\x00\x00\x00\x00\x00"), []string{"message that begins with 00 00 00 0a 0f ff"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				log := new(logbook)
				srv := &server.Server{Handler: fooAndBar(), ErrorLog: log.logger()}
				if c.set != nil {
					c.set(srv)
				}
				start(t, n, srv)
				s := speak(t, n, forms[0])
				s.sendRaw([]byte(c.sent))
				time.Sleep(2 * time.Minute)
				s.Close()
				synctest.Wait()
				log.want(t, c.log[0])
				for _, text := range c.log {
					if !strings.Contains(strings.Join(log.lines, "\n"), text) {
						t.Errorf("no %q in %q", text, log.lines)
					}
				}
			})
		})
	}
}
