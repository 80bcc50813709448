package wire

import (
	"encoding/binary"
	"strconv"
)

// Header is what stands before the struct of a message.
type Header struct {
	Protocol Protocol
	Old      bool // binary without the version word ("non-strict")
	Type     Type
	SeqID    int32
	Name     []byte // as received; a view of the parsed bytes, or a copy if JSON escapes had to be decoded
	Size     int    // bytes of the header, the message's struct begins behind it; 0: more bytes are needed
}

// ParseHeader reads the header that b begins with. There are three outcomes:
// a header; Size 0 and no error, if b ends inside the header and more bytes are
// needed; or an [*Error], if the header is malformed or the name longer than
// maxName bytes (0: DefaultName; negative: no limit but 2^31-65). The length of a name is
// checked before its bytes are waited for.
//
// Binary headers are read in both forms, strict and old. A JSON header may have
// white space between its tokens, in all at most a few times maxName bytes.
func ParseHeader(p Protocol, b []byte, maxName int) (Header, error) {
	var h Header
	err := h.Parse(p, b, maxName)
	return h, err
}

// Parse sets h to what [ParseHeader] returns: for who parses many, since to return
// a struct of this size is to copy it.
func (h *Header) Parse(p Protocol, b []byte, maxName int) (err error) {
	maxName = limit(maxName, DefaultName)
	if p == Binary && len(b) >= strictOverhead && b[0] == strictVersion>>8 && b[1] == strictVersion&0xff {
		// What servers read all day, in one look. What does not fit is judged below.
		n := binary.BigEndian.Uint32(b[4:])
		if t := Type(b[3]); t.valid() && int64(n) <= int64(maxName) && len(b) >= strictOverhead+int(n) {
			end := 8 + int(n)
			h.Protocol, h.Old, h.Type, h.SeqID = Binary, false, t, int32(binary.BigEndian.Uint32(b[end:]))
			h.Name, h.Size = b[8:end:end], end+4
			return nil
		}
	}
	*h, _, err = parseHeader(p, b, maxName)
	return err
}

func parseHeader(p Protocol, b []byte, maxName int) (h Header, nameAt int, err error) {
	switch p {
	case Binary:
		return parseBinaryHeader(b, maxName)
	case Compact:
		return parseCompactHeader(b, maxName)
	case JSON:
		return parseJSONHeader(b, maxName)
	}
	return Header{}, 0, errProtocol(p)
}

// AppendHeader appends the header of a message; its struct and [AppendEnd] come
// next. A binary header is always strict, also in the reply to an old one:
// Apache's servers answer old calls so, and every client reads it.
// For an unknown protocol nothing is appended.
func AppendHeader[N ~string | ~[]byte](dst []byte, p Protocol, t Type, name N, seqid int32) []byte {
	switch p {
	case Binary:
		return appendStrictHeader(dst, t, name, seqid)
	case Compact:
		return appendCompactHeader(dst, t, name, seqid)
	case JSON:
		return appendJSONHeader(dst, t, name, seqid)
	}
	return dst
}

// HeaderLen returns the number of bytes that [AppendHeader], or for Binary with
// old set [AppendOldHeader], appends for name and seqid.
func HeaderLen[N ~string | ~[]byte](p Protocol, old bool, name N, seqid int32) int {
	switch p {
	case Binary:
		if old {
			return oldOverhead + len(name)
		}
		return strictOverhead + len(name)
	case Compact:
		return 2 + uvarintLen(uint32(seqid)) + uvarintLen(uint32(len(name))) + len(name)
	case JSON:
		var digits [11]byte
		return len(`[1,"",1,,`) + jsonStringLen(name) + len(strconv.AppendInt(digits[:0], int64(seqid), 10))
	}
	return 0
}

// AppendEnd appends what follows a message's struct: "]" in JSON, else nothing.
func AppendEnd(dst []byte, p Protocol) []byte {
	if p == JSON {
		return append(dst, ']')
	}
	return dst
}

func errNameLength(offset int, seen int64, maxName int) error {
	return tooLarge("name length", offset, seen, int64(maxName))
}

func errType(offset int, t Type) error {
	return malformed(offset, int64(t), "unknown message type %d", byte(t))
}
