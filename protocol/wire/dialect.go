package wire

import "strconv"

// Dialect is how a connection cuts its bytes into messages, or what stands
// before that. The zero Dialect is unknown.
type Dialect byte

// The dialects.
const (
	Framed    Dialect = iota + 1 // an i32 length before each message
	Buffered                     // messages one after the other, unframed
	THeader                      // frames with a header of their own
	ThriftMux                    // Finagle's sessions
	HTTP                         // a message in each POST; also other requests
	TLS                          // a TLS hello: sniff again inside
	ProxyV1                      // a PROXY protocol line: sniff again behind
	ProxyV2                      // a binary PROXY header: sniff again behind
	Zlib                         // one deflate stream: known, so that it can be refused by name
)

// String returns "framed", "buffered", "theader", "thriftmux", "http", "tls",
// "proxy-v1", "proxy-v2" or "zlib", "unknown" for zero, and "dialect(N)" for any
// other value.
func (d Dialect) String() string {
	switch d {
	case 0:
		return "unknown"
	case Framed:
		return "framed"
	case Buffered:
		return "buffered"
	case THeader:
		return "theader"
	case ThriftMux:
		return "thriftmux"
	case HTTP:
		return "http"
	case TLS:
		return "tls"
	case ProxyV1:
		return "proxy-v1"
	case ProxyV2:
		return "proxy-v2"
	case Zlib:
		return "zlib"
	}
	return "dialect(" + strconv.Itoa(int(d)) + ")"
}

// Opening is what the first bytes of a connection tell.
type Opening struct {
	Dialect  Dialect
	Protocol Protocol // of Framed and Buffered; 0 where each message tells
	Old      bool     // binary whose first header is old
}

// String returns dialect and protocol, as in "framed binary, old".
func (o Opening) String() string {
	s := o.Dialect.String()
	if o.Protocol != 0 {
		s += " " + o.Protocol.String()
	}
	if o.Old {
		s += ", old"
	}
	return s
}
