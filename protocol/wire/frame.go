package wire

import (
	"encoding/binary"
	"math"
)

// FrameHeaderSize is the size in bytes of the length before a frame.
const FrameHeaderSize = 4

// FrameSize returns the size in bytes of the frame that b begins with, its 4
// bytes of length included, so 4 for an empty frame. It is 0 if b has fewer
// than 4 bytes: more are needed. A length that is negative or over max (0: the
// default, DefaultMessage; negative: none but 2^31-65) is an [*Error] at once, whether
// or not b holds the frame.
func FrameSize(b []byte, max int) (n int, err error) {
	if len(b) < FrameHeaderSize {
		return 0, nil
	}
	max = limit(max, DefaultMessage)
	length := int32(binary.BigEndian.Uint32(b))
	switch {
	case length < 0:
		return 0, malformed(0, int64(length), "negative frame length %d (the limit is %d)", length, max)
	case int64(length) > int64(max):
		return 0, tooLarge("frame length", 0, int64(length), int64(max))
	}
	return FrameHeaderSize + int(length), nil
}

// EmptyFrames returns the size in bytes of the empty frames that b begins with, 4
// for each. Apache's Go server passes over empty frames, so a peer may send any
// number of them between two messages, or before the first.
func EmptyFrames(b []byte) (n int) {
	for len(b)-n >= FrameHeaderSize && binary.BigEndian.Uint32(b[n:]) == 0 {
		n += FrameHeaderSize
	}
	return n
}

// AppendFrameHeader appends the length of a frame, at most 2^31-1.
func AppendFrameHeader(dst []byte, length int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(length))
}

// BeginFrame appends room for a frame's length. Append the frame's content to
// the slice it returns, then give that and mark to [EndFrame].
func BeginFrame(dst []byte) (frame []byte, mark int) {
	return append(dst, 0, 0, 0, 0), len(dst)
}

// EndFrame writes the length of the frame begun at mark: all that was appended
// to dst since. It must not be more than 2^31-1 bytes: the caller bounds the
// messages it writes.
func EndFrame(dst []byte, mark int) {
	n := min(len(dst)-mark-FrameHeaderSize, math.MaxInt32)
	binary.BigEndian.PutUint32(dst[mark:], uint32(n))
}
