package wire

import "strconv"

// Protocol is the encoding of a message. The zero Protocol is unknown: parsers
// given it, or any other value not listed here, return an [*Error].
type Protocol byte

// The protocols.
const (
	Binary  Protocol = 1 // TBinaryProtocol, strict and old ("non-strict") headers
	Compact Protocol = 2 // TCompactProtocol
	JSON    Protocol = 3 // TJSONProtocol, not TSimpleJSONProtocol
)

// String returns "binary", "compact" or "json", "unknown" for zero, and
// "protocol(N)" for any other value.
func (p Protocol) String() string {
	switch p {
	case 0:
		return "unknown"
	case Binary:
		return "binary"
	case Compact:
		return "compact"
	case JSON:
		return "json"
	}
	return "protocol(" + strconv.Itoa(int(p)) + ")"
}

func errProtocol(p Protocol) error {
	return malformed(0, int64(p), "no such protocol: %s", p)
}
