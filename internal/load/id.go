package load

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// idSize returns the size of a message's id: a word, or an id from FirstID on as
// a variable length number or as digits.
func idSize(p wire.Protocol) int {
	switch p {
	case wire.Compact:
		return 5
	case wire.JSON:
		return 9
	}
	return 4
}

// putID writes the id of a message to where b begins.
func putID(b []byte, p wire.Protocol, id uint32) {
	switch p {
	case wire.Compact:
		binary.PutUvarint(b, uint64(id))
	case wire.JSON:
		strconv.AppendUint(b[:0], uint64(id), 10)
	default:
		binary.BigEndian.PutUint32(b, id)
	}
}

// readID returns the id of a message where b begins; 0, which none has, if it is
// not one.
func readID(b []byte, p wire.Protocol) uint32 {
	switch p {
	case wire.Compact:
		id, _ := binary.Uvarint(b)
		return uint32(id)
	case wire.JSON:
		return digits(b[:idSize(p)])
	}
	return binary.BigEndian.Uint32(b)
}

// digits returns the number that b is, at most 9 digits, or 0.
func digits(b []byte) uint32 {
	var n uint32
	for _, d := range b {
		if d < '0' || d > '9' {
			return 0
		}
		n = 10*n + uint32(d-'0')
	}
	return n
}

// putText writes id as the beginning of a string.
func putText(b []byte, id uint32) {
	var word [4]byte
	binary.BigEndian.PutUint32(word[:], id)
	hex.Encode(b[:idText], word[:])
}
