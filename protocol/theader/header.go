package theader

import "github.com/oneport-thrift/oneport/protocol/wire"

// The fixed part of a frame ("THeader format, layout").
const (
	// Magic is the first word of every frame behind its length.
	Magic uint16 = 0x0fff
	// PreludeSize is the size in bytes of magic, flags, sequence id and header size.
	PreludeSize = 10
	// MaxHeaderSize is the largest header in bytes that a frame can announce.
	MaxHeaderSize = 0xffff * wordSize
	// MaxFrameSize is the largest value of a frame's length word.
	MaxFrameSize = 0x3fffffff

	lengthSize = 4
	wordSize   = 4
)

// FlagOutOfOrder says that the client matches replies by sequence id, so they
// may leave in any order. Stock Apache clients never set it.
const FlagOutOfOrder uint16 = 0x01

// Protocol ids ("THeader format, protocol ids").
const (
	protocolBinary  = 0
	protocolJSON    = 1
	protocolCompact = 2
)

// Transform ids ("THeader format, transforms").
const (
	transformNone = 0
	transformZlib = 1
)

// Header is what a frame says about its payload.
type Header struct {
	// Flags are the sender's bits, see FlagOutOfOrder. A reply repeats them.
	Flags uint16
	// SeqID is the frame's own sequence id: all known runtimes give it the value
	// that stands in the message too.
	SeqID int32
	// Protocol is the encoding of the payload. Zero writes as wire.Binary.
	Protocol wire.Protocol
	// Zlib says that the payload is one whole zlib stream.
	Zlib bool
	// Info are the key-values; the zero value has none.
	Info Info
	// Size counts the bytes from the magic to the payload, without the length
	// word. Writers ignore it.
	Size int
}

// OutOfOrder reports whether replies to this client may leave in any order.
func (h *Header) OutOfOrder() bool { return h.Flags&FlagOutOfOrder != 0 }

func protocolID(p wire.Protocol) byte {
	switch p {
	case wire.Compact:
		return protocolCompact
	case wire.JSON:
		return protocolJSON
	}
	return protocolBinary
}

func protocolOf(id uint64) (wire.Protocol, bool) {
	switch id {
	case protocolBinary:
		return wire.Binary, true
	case protocolCompact:
		return wire.Compact, true
	case protocolJSON:
		return wire.JSON, true
	}
	return 0, false
}
