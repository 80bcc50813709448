package thriftmux

import (
	"encoding/binary"
	"math"
	"time"
)

// leaseMillis is the unit of milliseconds, the only one there is.
const leaseMillis = 0

const leaseSize = 9

// ParseTlease reads the body of a Tlease: for how long, from now, a client may send.
// Durations too long for a time.Duration become the longest. A unit other than
// milliseconds is a *wire.Error: Finagle's client gives up the session.
func ParseTlease(body []byte) (time.Duration, error) {
	if len(body) < leaseSize {
		return 0, truncated("lease", len(body))
	}
	if len(body) > leaseSize {
		return 0, malformed(leaseSize, len(body), "lease of %d bytes, want %d", len(body), leaseSize)
	}
	if body[0] != leaseMillis {
		return 0, malformed(0, int(body[0]), "lease unit %d", body[0])
	}
	ms := binary.BigEndian.Uint64(body[1:])
	if ms > math.MaxInt64/uint64(time.Millisecond) {
		return math.MaxInt64, nil
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// AppendTlease appends a frame that lets the client send for d, 0 if negative, in
// whole milliseconds.
func AppendTlease(dst []byte, d time.Duration) []byte {
	dst, mark := BeginFrame(dst, Tlease, MarkerTag)
	dst = append(dst, leaseMillis)
	dst = binary.BigEndian.AppendUint64(dst, uint64(max(d, 0)/time.Millisecond))
	EndFrame(dst, mark)
	return dst
}
