package wire

import (
	"encoding/binary"
	"math"
)

// The first bytes of a compact header (Thrift compact protocol, message): the
// protocol id, then type << 5 | version; varint seqid, varint name length and
// the name follow.
const (
	compactID          = 0x82
	compactVersion     = 1
	compactVersionMask = 1<<5 - 1
)

func parseCompactHeader(b []byte, maxName int) (Header, int, error) {
	if len(b) > 0 && b[0] != compactID {
		return Header{}, 0, malformed(0, int64(b[0]), "compact protocol id %#02x, not 0x82,", b[0])
	}
	if len(b) < 2 {
		return Header{}, 0, nil
	}
	if v := b[1] & compactVersionMask; v != compactVersion {
		return Header{}, 0, malformed(1, int64(v), "compact version %d, not 1,", v)
	}
	t := Type(b[1] >> 5)
	if !t.valid() {
		return Header{}, 0, errType(1, t)
	}
	seqid, at, err := uvarint32(b, 2, "sequence id")
	if err != nil || at == 0 {
		return Header{}, 0, err
	}
	n, nameAt, err := uvarint32(b, at, "name length")
	if err != nil || nameAt == 0 {
		return Header{}, 0, err
	}
	if int64(n) > int64(maxName) {
		return Header{}, 0, errNameLength(at, int64(n), maxName)
	}
	end := nameAt + int(n)
	if len(b) < end {
		return Header{}, 0, nil
	}
	return Header{
		Protocol: Compact,
		Type:     t,
		SeqID:    int32(seqid),
		Name:     b[nameAt:end:end],
		Size:     end,
	}, nameAt, nil
}

func appendCompactHeader[N ~string | ~[]byte](dst []byte, t Type, name N, seqid int32) []byte {
	dst = append(dst, compactID, byte(t)<<5|compactVersion)
	dst = binary.AppendUvarint(dst, uint64(uint32(seqid)))
	dst = binary.AppendUvarint(dst, uint64(len(name)))
	return append(dst, name...)
}

// uvarint32 reads the varint at b[at:], which must fit into 32 bits. next is
// where it ends, 0 if b does first.
func uvarint32(b []byte, at int, what string) (v uint32, next int, err error) {
	if at < len(b) && b[at] < 0x80 {
		return uint32(b[at]), at + 1, nil // as nearly all are
	}
	u, n := binary.Uvarint(b[at:min(len(b), at+binary.MaxVarintLen32)])
	switch {
	case n > 0 && u <= math.MaxUint32:
		return uint32(u), at + n, nil
	case n == 0 && len(b)-at < binary.MaxVarintLen32:
		return 0, 0, nil
	}
	return 0, 0, malformed(at, 0, "varint of more than 32 bits as %s", what)
}

func uvarintLen(v uint32) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}
