package wire

import "encoding/binary"

// SniffReply tells from the first bytes that a server sends what it speaks, for a
// client that cannot read them. ok is false if the bytes are too few, or tell
// nothing. The answers are Framed and Buffered with a Protocol, THeader, ThriftMux,
// HTTP and TLS; never what may stand before them.
//
// Nothing is told that another dialect could have sent as its reply to a call, but
// for a server that names its methods in control characters.
func SniffReply(b []byte) (o Opening, ok bool) {
	if len(b) < FrameHeaderSize {
		return Opening{}, false
	}
	if p := replyProtocol(b); p != 0 {
		return Opening{Dialect: Buffered, Protocol: p}, true
	}
	switch {
	case string(b[:4]) == "HTTP":
		return Opening{Dialect: HTTP}, true
	case (b[0] == 0x15 || b[0] == 0x16) && b[1] == 3:
		return Opening{Dialect: TLS}, true
	}
	length := int64(binary.BigEndian.Uint32(b))
	if length > MaxSniffFrame || len(b) < 2*FrameHeaderSize {
		return Opening{}, false
	}
	frame := b[FrameHeaderSize:min(int64(len(b)), FrameHeaderSize+length)]
	if len(frame) < 4 {
		return sniffOldReply(b, length)
	}
	if p := replyProtocol(frame); p != 0 {
		return Opening{Dialect: Framed, Protocol: p}, true
	}
	switch {
	case frame[0] == 0x0f && frame[1] == 0xff:
		return Opening{Dialect: THeader}, true
	case frame[0] == muxRdispatch && len(frame) > muxHeaderSize && frame[muxHeaderSize] <= 2,
		frame[0] == muxRping && length == muxHeaderSize,
		frame[0] == muxTdrain && length == muxHeaderSize:
		return Opening{Dialect: ThriftMux}, true
	}
	// A name, its length before it, behind a length.
	name := int64(binary.BigEndian.Uint32(frame))
	if at := 4 + name; frame[0] == 0 && name+oldOverhead+1 <= length && at < int64(len(frame)) && isReplyType(frame[at]) {
		return Opening{Dialect: Framed, Protocol: Binary, Old: true}, true
	}
	return sniffOldReply(b, length)
}

// The types of the messages that a ThriftMux server may send first.
const (
	muxRdispatch = 0xfe
	muxRping     = 0xbf
	muxTdrain    = 0x40
)

// replyProtocol returns the protocol of a reply that begins with b, which holds at
// least four bytes, or 0. Old binary replies begin with a length.
func replyProtocol(b []byte) Protocol {
	switch {
	case b[0] == strictVersion>>8 && b[1] == strictVersion&0xff && isReplyType(b[3]):
		return Binary
	case b[0] == 0x82 && b[1]&0x1f == 1 && isReplyType(b[1]>>5):
		return Compact
	case b[0] == '[' && b[1] == '1' && b[2] == ',':
		return JSON
	}
	return 0
}

func isReplyType(b byte) bool { return Type(b) == Reply || Type(b) == Exception }

// sniffOldReply takes the length for that of a name in an unframed message.
func sniffOldReply(b []byte, length int64) (o Opening, ok bool) {
	typeAt := FrameHeaderSize + length
	if length == 0 || typeAt >= int64(len(b)) || !isReplyType(b[typeAt]) || hasControl(b[FrameHeaderSize:typeAt]) {
		return Opening{}, false
	}
	return Opening{Dialect: Buffered, Protocol: Binary, Old: true}, true
}
