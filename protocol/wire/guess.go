package wire

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// guesses are openings of clients that do not belong on a Thrift port, each told by
// its first bytes.
var guesses = [...]struct{ prefix, what string }{
	{"SSH-", "SSH"},
	{"PRI ", "HTTP/2 without TLS, as gRPC speaks it"},
	{"DELE", "an HTTP request"},
	{"PATC", "an HTTP request"},
	{"PROP", "an HTTP request"},
	{"LOCK", "an HTTP request"},
	{"CONN", "an HTTP proxy request"},
	{"TRAC", "an HTTP request"},
	{"get /", "an HTTP request in lower case"},
	{"post /", "an HTTP request in lower case"},
	{"head /", "an HTTP request in lower case"},
	{"put /", "an HTTP request in lower case"},
	{"HTTP", "an HTTP response"},
	{"\x16\x03", "a TLS record"},
	{"\x15\x03", "a TLS alert"},
	{"\x78\x01", "a zlib stream"},
	{"\x78\x5e", "a zlib stream"},
	{"\x78\x9c", "a zlib stream"},
	{"\x78\xda", "a zlib stream"},
	{"\x1f\x8b", "a gzip stream"},
	{"\x00\x00\x00\x08\x04\xd2\x16\x2f", "PostgreSQL asking for TLS"},
	{"\x00\x00\x00\x08\x04\xd2\x16\x30", "PostgreSQL asking for GSSAPI"},
	{"\x00\x00\x00\x10\x04\xd2\x16\x2e", "PostgreSQL canceling a query"},
	{"PING\r\n", "Redis"},
	{"EHLO", "SMTP"},
	{"HELO", "SMTP"},
	{"AMQP", "AMQP"},
	{"ruok", "a ZooKeeper health check"},
	{"stats\r\n", "memcached"},
	{"version\r\n", "memcached"},
	{"\x04\x01", "SOCKS 4"},
	{"\x05\x01\x00", "SOCKS 5"},
	{"\x05\x02\x00", "SOCKS 5"},
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
	if isRedis(b) {
		return "Redis"
	}
	if isReply(b) {
		return "a reply of a Thrift server instead of a call"
	}
	if what := guessFarther(b); what != "" {
		return what
	}
	switch {
	case len(b) >= 4 && printable(b[:min(len(b), 64)]):
		return "printable text"
	case len(b) >= 4 && binary.LittleEndian.Uint32(b) < 1<<16 && binary.BigEndian.Uint32(b) > MaxSniffFrame:
		return "a little-endian length"
	}
	return ""
}

// guessFarther is Guess by bytes that are not the first ones.
func guessFarther(b []byte) string {
	if len(b) < 8 {
		return ""
	}
	behind := string(b[4:8]) // what may be a length
	switch {
	case isSASL(b):
		return "Thrift in SASL (TSaslClientTransport), which is not spoken"
	case b[0] == 0 && b[4] == 0x10 && b[5] == 0:
		return "Kitex's TTHeader, which is not spoken"
	case b[0] == 0 && behind == "\x00\x03\x00\x00":
		return "PostgreSQL"
	case isKafka(b):
		return "Kafka"
	case b[0] == 0 && (behind == "\xffSMB" || behind == "\xfeSMB"):
		return "SMB"
	case b[0] == 3 && b[1] == 0 && b[5] == 0xe0:
		return "remote desktop"
	case b[0] == 0x30 && b[2] == 2 && b[3] == 1 && b[5] == 0x60:
		return "LDAP"
	case b[0] == 0x10 && b[2] == 0 && b[3] == 4 && behind == "MQTT":
		return "MQTT"
	case b[0] == 0 && b[2] != 0 && b[3] == 0 && behind == "\x00\x00\x00\x04":
		return "RSocket, as fbthrift's Rocket speaks it"
	case isMongo(b):
		return "MongoDB"
	}
	return ""
}

// isMongo: a little-endian length, an id, no id that it answers, and the operation
// OP_QUERY or OP_MSG.
func isMongo(b []byte) bool {
	if len(b) < 16 || b[3] != 0 || string(b[8:12]) != "\x00\x00\x00\x00" {
		return false
	}
	op := binary.LittleEndian.Uint32(b[12:])
	return op == 2004 || op == 2013
}

// isSASL: a status byte START, and the length and the name of a mechanism, of
// capital letters, digits, "-" and "_" (TSaslTransport; RFC 4422, section 3.1).
func isSASL(b []byte) bool {
	if b[0] != 1 {
		return false
	}
	n := int(binary.BigEndian.Uint32(b[1:]))
	if n < 1 || n > 20 {
		return false
	}
	for _, c := range b[5:min(len(b), 5+n)] {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// isReply: a message of the type Reply or Exception, with a length before it or
// not.
func isReply(b []byte) bool {
	o, _ := SniffReply(b)
	return (o.Dialect == Framed || o.Dialect == Buffered) && o.Protocol != JSON
}

// isKafka: a length, and the key and a version of the request ApiVersions, the
// first of each client (Kafka protocol guide, "Retrieving supported API versions").
func isKafka(b []byte) bool {
	return b[0] == 0 && string(b[4:7]) == "\x00\x12\x00" && b[7] <= 4
}

// isRedis: an array's length in digits.
func isRedis(b []byte) bool {
	end := bytes.IndexByte(b[:min(len(b), 8)], '\r')
	if end < 2 || b[0] != '*' {
		return false
	}
	for _, c := range b[1:end] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func printable(b []byte) bool {
	for _, c := range b {
		if (c < ' ' || c > '~') && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
