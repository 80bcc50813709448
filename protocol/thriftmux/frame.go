package thriftmux

import (
	"encoding/binary"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// FrameOverhead is the size in bytes of what stands before a frame's body.
const FrameOverhead = 8

// minLength is the least value of a frame's length: type and tag.
const minLength = 4

// Frame is one frame of a session: a message or a fragment of one.
type Frame struct {
	// Type is the message's type, under one number for each message.
	Type Type
	// Newer says that a Tdiscarded or Rerr came under its newer number, 66 or -128.
	Newer bool
	// More says that this is a fragment and not the last one.
	More bool
	// Tag has 23 bits.
	Tag uint32
	// Body is a view of what was parsed.
	Body []byte
}

// ParseFrame reads the frame at the start of b. n is its size in bytes with the
// length; 0 and no error: b does not hold all of it yet. max bounds the value of the
// length word, as in wire.FrameSize: 0 means the default, a negative value none.
//
// Type, tag and More are filled in as soon as b has its first 8 bytes, and also beside
// an error about the frame's size, so that a call too large can be answered. An unknown
// type is an error: what follows cannot be trusted.
func ParseFrame(b []byte, max int) (f Frame, n int, err error) {
	n, err = wire.FrameSize(b, max)
	if err == nil && n != 0 && n < FrameOverhead {
		return Frame{}, 0, malformed(0, n-minLength, "frame length %d, type and tag take %d", n-minLength, minLength)
	}
	if len(b) > wire.FrameHeaderSize {
		t := Type(b[4])
		if f.Type, f.Newer = t.older(); !f.Type.known() {
			return Frame{}, 0, malformed(4, int(t), "message type %d", t)
		}
	}
	if len(b) < FrameOverhead {
		return Frame{}, 0, err
	}
	tag := binary.BigEndian.Uint32(b[4:]) & 0xffffff
	f.Tag, f.More = tag&MaxTag, tag&moreBit != 0
	if err != nil || len(b) < n {
		return f, 0, err
	}
	f.Body = b[FrameOverhead:n:n]
	return f, n, nil
}

// AppendFrame appends a whole frame, under the newer number if f says so.
func AppendFrame(dst []byte, f Frame) []byte {
	t, tag := f.Type, f.Tag&MaxTag
	if f.Newer {
		t = t.newer()
	}
	if f.More {
		tag |= moreBit
	}
	dst = wire.AppendFrameHeader(dst, minLength+len(f.Body))
	dst = binary.BigEndian.AppendUint32(dst, uint32(uint8(t))<<24|tag)
	return append(dst, f.Body...)
}

// AppendEmpty appends a frame without a body: Tping, Rping, Tdrain, Rdrain,
// Rdiscarded.
func AppendEmpty(dst []byte, t Type, tag uint32) []byte {
	return AppendFrame(dst, Frame{Type: t, Tag: tag})
}

// BeginFrame appends what stands before a body. Append the body to the slice it
// returns, then give that and mark to EndFrame. The caller keeps bodies within
// the peer's window, see Split.
func BeginFrame(dst []byte, t Type, tag uint32) (frame []byte, mark int) {
	mark = len(dst)
	return AppendEmpty(dst, t, tag), mark
}

// EndFrame writes the length of the frame that was begun at mark.
func EndFrame(dst []byte, mark int) { wire.EndFrame(dst, mark) }
