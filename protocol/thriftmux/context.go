package thriftmux

import "encoding/binary"

// Keys of contexts whose values need no type of their own ("Mux, contexts").
const (
	// ClientIDKey: the client's name in UTF-8; empty means none.
	ClientIDKey = "com.twitter.finagle.thrift.ClientIdContext"
	// RetriesKey: see ParseRetries.
	RetriesKey = "com.twitter.finagle.Retries"
	// BackupRequestKey: empty; present on a speculative second request.
	BackupRequestKey = "com.twitter.finagle.BackupRequest"
	// RequestHeadersKey: the application's headers of a call, see ParseHeaders.
	RequestHeadersKey = "com.twitter.finagle.thrift.Request.headers"
	// ResponseHeadersKey: the application's headers of an answer, see ParseHeaders.
	ResponseHeadersKey = "com.twitter.finagle.thrift.Response.headers"
)

// ParseRetries reads the value of a RetriesKey context: how often the client has
// sent this call again by itself, 0 on the first attempt. ok is false for a value of a
// wrong length, which is to be ignored.
func ParseRetries(value []byte) (n int32, ok bool) {
	if len(value) != 4 {
		return 0, false
	}
	return int32(binary.BigEndian.Uint32(value)), true
}

// AppendRetries appends the value of a RetriesKey context.
func AppendRetries(dst []byte, n int32) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(n))
}

// ParseHeaders reads the value of a RequestHeadersKey or ResponseHeadersKey
// context, a view. ok is false for a broken one, which is to be ignored. To write one,
// AddPair to Pairs and use their Bytes, at most MaxField.
func ParseHeaders(value []byte) (h Pairs, ok bool) {
	h, err := parsePairs(value)
	return h, err == nil
}
