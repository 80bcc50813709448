package wire

import (
	"encoding/binary"
	"strings"
)

// guesses are openings of what does not belong on a Thrift port.
var guesses = [...]struct{ prefix, what string }{
	{"SSH-", "SSH"},
	{"PRI * HTTP/2", "HTTP/2 without TLS"},
	{"DELE", "an HTTP request"},
	{"PATC", "an HTTP request"},
	{"CONN", "an HTTP proxy request"},
	{"TRAC", "an HTTP request"},
	{"HTTP", "an HTTP response"},
	{"\x16\x03", "a TLS record"},
	{"\x15\x03", "a TLS alert"},
	{"\x78\x01", "a zlib stream"},
	{"\x78\x5e", "a zlib stream"},
	{"\x78\x9c", "a zlib stream"},
	{"\x78\xda", "a zlib stream"},
	{"\x1f\x8b", "a gzip stream"},
	{"\x00\x00\x00\x08\x04\xd2\x16\x2f", "PostgreSQL asking for TLS"},
	{"*1\r\n", "Redis"},
	{"EHLO", "SMTP"},
	{"HELO", "SMTP"},
	{"\x03\x00", "remote desktop"},
	{"\x04\x01", "SOCKS 4"},
	{"\x05\x01", "SOCKS 5"},
	{"{", "JSON text"},
	{"<", "XML or HTML"},
}

// Guess says what an opening that [Sniff] does not know might be, for a line in a
// log: "SSH", "a zlib stream", "printable text", or "" if nothing comes to mind.
// Nothing may depend on it.
func Guess(b []byte) string {
	for _, g := range guesses {
		if strings.HasPrefix(string(b[:min(len(b), 16)]), g.prefix) {
			return g.what
		}
	}
	switch {
	case len(b) >= 4 && printable(b[:min(len(b), 64)]):
		return "printable text"
	case len(b) >= 4 && binary.LittleEndian.Uint32(b) < 1<<16 && binary.BigEndian.Uint32(b) > MaxSniffFrame:
		return "a little-endian length"
	}
	return ""
}

func printable(b []byte) bool {
	for _, c := range b {
		if (c < ' ' || c > '~') && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
