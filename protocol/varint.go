package protocol

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"
)

// maxVarint is the most bytes a varint may have: ten times seven bits hold 64.
const maxVarint = binary.MaxVarintLen64

// readVarint reads a number of up to 64 bits in little-endian base 128. Bits beyond the 64th are
// dropped, as in the runtime.
func (b *buffer) readVarint(what string) (uint64, error) {
	rest := b.in[b.pos:]
	if len(rest) > 0 && rest[0] < 0x80 {
		b.pos++
		return uint64(rest[0]), nil
	}
	var v uint64
	for i, c := range rest[:min(len(rest), maxVarint)] {
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			b.pos += i + 1
			return v, nil
		}
	}
	if len(rest) >= maxVarint {
		return 0, exception(thrift.INVALID_DATA,
			fmt.Errorf("protocol: %s at byte %d is a varint over the limit of %d bytes", what, b.pos, maxVarint))
	}
	return 0, b.short(what, len(rest)+1)
}

// readVarint32 reads a varint of which the low 32 bits count.
func (b *buffer) readVarint32(what string) (int32, error) {
	v, err := b.readVarint(what)
	return int32(v), err
}
