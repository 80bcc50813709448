package wire

import "encoding/binary"

// Bytes of a binary header besides the name (Thrift binary protocol, message):
//
//	strict  80 01, unused byte, type, i32 name length, name, i32 seqid
//	old     i32 name length, name, type, i32 seqid
const (
	strictOverhead = 4 + 4 + 4
	oldOverhead    = 4 + 1 + 4
	strictVersion  = 0x8001
)

func parseBinaryHeader(b []byte, maxName int) (Header, int, error) {
	if len(b) < 4 {
		return Header{}, 0, nil
	}
	word := binary.BigEndian.Uint32(b)
	if word>>31 == 0 {
		return parseOldHeader(b, int(word), maxName)
	}
	if v := word >> 16; v != strictVersion {
		return Header{}, 0, malformed(0, int64(v), "binary version %#04x, not 0x8001,", v)
	}
	// The byte between version and type is ignored, as Apache's readers do.
	t := Type(word)
	if !t.valid() {
		return Header{}, 0, errType(3, t)
	}
	if len(b) < 8 {
		return Header{}, 0, nil
	}
	n, err := binaryNameLength(b, 4, maxName)
	if err != nil || len(b) < strictOverhead+n {
		return Header{}, 0, err
	}
	return Header{
		Protocol: Binary,
		Type:     t,
		SeqID:    int32(binary.BigEndian.Uint32(b[8+n:])),
		Name:     b[8 : 8+n : 8+n],
		Size:     strictOverhead + n,
	}, 8, nil
}

func parseOldHeader(b []byte, n, maxName int) (Header, int, error) {
	if n > maxName {
		return Header{}, 0, errNameLength(0, int64(n), maxName)
	}
	if len(b) <= 4+n {
		return Header{}, 0, nil
	}
	t := Type(b[4+n])
	if !t.valid() {
		return Header{}, 0, errType(4+n, t)
	}
	if len(b) < oldOverhead+n {
		return Header{}, 0, nil
	}
	return Header{
		Protocol: Binary,
		Old:      true,
		Type:     t,
		SeqID:    int32(binary.BigEndian.Uint32(b[5+n:])),
		Name:     b[4 : 4+n : 4+n],
		Size:     oldOverhead + n,
	}, 4, nil
}

func binaryNameLength(b []byte, at, maxName int) (int, error) {
	n := int32(binary.BigEndian.Uint32(b[at:]))
	if n < 0 {
		return 0, malformed(at, int64(n), "negative name length %d", n)
	}
	if int64(n) > int64(maxName) {
		return 0, errNameLength(at, int64(n), maxName)
	}
	return int(n), nil
}

func appendStrictHeader[N ~string | ~[]byte](dst []byte, t Type, name N, seqid int32) []byte {
	dst = append(dst, strictVersion>>8, strictVersion&0xff, 0, byte(t))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(name)))
	dst = append(dst, name...)
	return binary.BigEndian.AppendUint32(dst, uint32(seqid))
}

// AppendOldHeader appends a binary header without the version word, as clients
// set to "non-strict" send it.
func AppendOldHeader[N ~string | ~[]byte](dst []byte, t Type, name N, seqid int32) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(name)))
	dst = append(dst, name...)
	dst = append(dst, byte(t))
	return binary.BigEndian.AppendUint32(dst, uint32(seqid))
}
