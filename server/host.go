package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// httpRules is what a server's fields say about HTTP requests, made once.
type httpRules struct {
	hosts   map[string]bool // "host" or "host:port" in the form of hostKeys; empty: all
	origins origins
}

// resolveRules makes the rules. The error names the first wrong entry of each list.
func (s *Server) resolveRules() (err error) {
	s.rules.hosts, err = parseHosts(s.Hosts)
	return errors.Join(err, s.rules.origins.init(s.Origins))
}

// servesHost reports whether a request that names host may be answered.
func (h *httpRules) servesHost(host string) bool {
	if len(h.hosts) == 0 {
		return true
	}
	name, withPort, err := hostKeys(host)
	return err == nil && (h.hosts[name] || withPort != "" && h.hosts[withPort])
}

func parseHosts(list []string) (map[string]bool, error) {
	hosts := make(map[string]bool, len(list))
	for _, entry := range list {
		name, withPort, err := hostKeys(entry)
		if err != nil {
			return nil, fmt.Errorf("server: Hosts: %q is no host name: %w", entry, err)
		}
		if withPort != "" {
			name = withPort
		}
		hosts[name] = true
	}
	return hosts, nil
}

// hostKeys returns the two keys of s, a host with or without a port: the host
// alone, and with the port, "" if s has none. Case and the ways to write an IP
// address make no difference.
func hostKeys(s string) (name, withPort string, err error) {
	name, port := s, ""
	if h, p, err := net.SplitHostPort(s); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return "", "", fmt.Errorf("the port %q is not in 1 to 65535", p)
		}
		name, port = h, strconv.FormatUint(n, 10)
	} else if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		name = s[1 : len(s)-1]
	}
	name = strings.ToLower(name)
	if ip, err := netip.ParseAddr(name); err == nil {
		name = ip.String()
	} else if name == "" || s[0] == '[' || strings.ContainsFunc(name, notInHostName) {
		return "", "", fmt.Errorf("want an exact name or IP address, and perhaps a port")
	}
	if port != "" {
		withPort = net.JoinHostPort(name, port)
	}
	return name, withPort, nil
}

// notInHostName reports whether r is in no host name: international ones are in
// their ASCII form in requests.
func notInHostName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}

// quoted is a stranger's text for a log line, of bounded length.
func quoted(s string) string {
	const most = 100
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}
