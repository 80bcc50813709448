package haproxy

import (
	"fmt"
	"strings"
	"testing"
)

// waitsForTheClient is the line of a frontend that makes the balancer connect to
// the server only after the client's first byte.
const waitsForTheClient = "tcp-request inspect-delay 10s\n  tcp-request content accept if { req.len gt 0 }"

func TestHAProxy(t *testing.T) {
	program := need(t, "haproxy", "TCP mode, checks, PROXY 1 and 2, TLS to the server")
	check := fmt.Sprintf("check inter %dms ", checkInterval.Milliseconds())
	for _, c := range []struct {
		name, options, frontend string
		proxy, tls              bool
	}{
		{name: "TCP mode"},
		{name: "TCP mode, connecting late", frontend: waitsForTheClient},
		{name: "check", options: check},
		{name: "send-proxy", options: "send-proxy", proxy: true},
		{name: "send-proxy, connecting late", options: "send-proxy", frontend: waitsForTheClient, proxy: true},
		{name: "send-proxy with check", options: check + "send-proxy", proxy: true},
		{name: "send-proxy-v2", options: "send-proxy-v2", proxy: true},
		{name: "send-proxy-v2 with check", options: check + "send-proxy-v2", proxy: true},
		{name: "send-proxy-v2 with checksum and id", options: "send-proxy-v2 proxy-v2-options crc32c,unique-id", proxy: true},
		{name: "check-send-proxy", options: check + "check-send-proxy send-proxy", proxy: true},
		{name: "check-send-proxy of version 2", options: check + "check-send-proxy send-proxy-v2", proxy: true},
		{name: "send-proxy-v2 before TLS", options: check + "check-send-proxy send-proxy-v2 ssl verify none", proxy: true, tls: true},
		{name: "TLS with check-ssl", options: check + "ssl verify none check-ssl", tls: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			flags := []string{"-proxy-protocol", "127.0.0.0/8"}
			if c.tls {
				a := newAuthority(t)
				flags = append(flags, "-tls-cert", a.server, "-tls-key", a.server)
			}
			f := startFoobar(t, flags...)
			b := startBalancer(t, program, f.addr, c.options, c.frontend)
			if strings.Contains(c.options, "check") {
				b.awaitChecks(t)
			}
			var peers map[string]bool
			if c.proxy {
				peers = map[string]bool{}
			}
			for _, dialect := range dialects {
				own := callAs(t, b.addr, dialect)
				if c.proxy {
					peers[own] = true
				}
			}
			wantCalls(t, f.stop(t), len(dialects)*callsPerClient, peers)
		})
	}
}

// A balancer that nobody trusts is told so in the server's log.
func TestHAProxyThatIsNotTrusted(t *testing.T) {
	program := need(t, "haproxy", "TCP mode, checks, PROXY 1 and 2, TLS to the server")
	f := startFoobar(t)
	b := startBalancer(t, program, f.addr, fmt.Sprintf("check inter %dms send-proxy", checkInterval.Milliseconds()), "")
	b.awaitChecks(t)
	log := f.stop(t)
	if len(log) == 0 || len(log) > 100 {
		t.Errorf("%d lines in the log", len(log))
	}
	for _, l := range log {
		if l.Msg == "call" || !strings.Contains(l.Msg, "refused") {
			t.Errorf("a line that should not be: %+v", l)
		}
	}
}
