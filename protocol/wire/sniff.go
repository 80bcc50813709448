package wire

import "encoding/binary"

// MaxSniffFrame is the greatest length that a first frame may have: one more
// reads as the beginning of a binary PROXY header, 0d 0a 0d 0a. A server's
// limit on messages must not be higher.
const MaxSniffFrame = 0x0d0a0d0a - 1

// maxMuxOpening bounds how many bytes of a frame are read to know a ThriftMux
// message by its contexts.
const maxMuxOpening = 64 << 10

// row is one way to begin: a connection or, behind a length, a frame. It
// matches bytes that agree with prefix in the bits of mask (empty: all) and that
// the check, if there is one, agrees to.
type row struct {
	prefix, mask string
	check        func(frame []byte, length int) verdict
	opening      Opening
}

// verdict is a check's answer: it matches, it does not (zero), or more bytes
// of the frame are needed, in all at least so many.
type verdict struct {
	match bool
	need  int
}

// firstBytes are the openings that bytes 0 to 3 decide. As a length each would
// be over MaxSniffFrame.
var firstBytes = [...]row{
	{prefix: "\x80\x01\x00\x01", mask: "\xff\xff\x00\xff", opening: Opening{Dialect: Buffered, Protocol: Binary}},
	{prefix: "\x80\x01\x00\x04", mask: "\xff\xff\x00\xff", opening: Opening{Dialect: Buffered, Protocol: Binary}},
	{prefix: "\x82\x21", opening: Opening{Dialect: Buffered, Protocol: Compact}},
	{prefix: "\x82\x81", opening: Opening{Dialect: Buffered, Protocol: Compact}},
	{prefix: "[", opening: Opening{Dialect: Buffered, Protocol: JSON}},
	{prefix: "POST", opening: Opening{Dialect: HTTP}},
	{prefix: "GET ", opening: Opening{Dialect: HTTP}},
	{prefix: "PUT ", opening: Opening{Dialect: HTTP}},
	{prefix: "OPTI", opening: Opening{Dialect: HTTP}},
	{prefix: "HEAD", opening: Opening{Dialect: HTTP}},
	{prefix: "\x16\x03", opening: Opening{Dialect: TLS}},
	{prefix: "PROX", opening: Opening{Dialect: ProxyV1}},
	{prefix: "\x0d\x0a\x0d\x0a", opening: Opening{Dialect: ProxyV2}},
	{prefix: "\x78\x01", opening: Opening{Dialect: Zlib}},
	{prefix: "\x78\x5e", opening: Opening{Dialect: Zlib}},
	{prefix: "\x78\x9c", opening: Opening{Dialect: Zlib}},
	{prefix: "\x78\xda", opening: Opening{Dialect: Zlib}},
}

// behindLength are the openings that a frame tells from byte 4 of the
// connection on. No name begins so but for "[", which is why a service's name
// must not; and a name that begins with A to D, as ThriftMux types do, does
// not fit the checks. A frame that matches none is an old unframed message,
// its length a name's, unless that cannot be a name.
var behindLength = [...]row{
	{prefix: "\x0f\xff", opening: Opening{Dialect: THeader}},
	{prefix: "\x80\x01\x00\x01", opening: Opening{Dialect: Framed, Protocol: Binary}},
	{prefix: "\x80\x01\x00\x04", opening: Opening{Dialect: Framed, Protocol: Binary}},
	{prefix: "\x82\x21", opening: Opening{Dialect: Framed, Protocol: Compact}},
	{prefix: "\x82\x81", opening: Opening{Dialect: Framed, Protocol: Compact}},
	{prefix: "[", opening: Opening{Dialect: Framed, Protocol: JSON}},
	{prefix: "\x00", check: oldMessage, opening: Opening{Dialect: Framed, Protocol: Binary, Old: true}},
	{prefix: "\x7f", check: muxInitCheck, opening: Opening{Dialect: ThriftMux}},
	{prefix: "\x80", check: muxInitCheck, opening: Opening{Dialect: ThriftMux}},
	{prefix: "\x44\x00\x00\x01", check: muxInit, opening: Opening{Dialect: ThriftMux}},
	{prefix: "\x41\x00\x00\x01", check: muxPing, opening: Opening{Dialect: ThriftMux}},
	{prefix: "\x02", check: muxDispatch, opening: Opening{Dialect: ThriftMux}},
	{prefix: "\x01", check: muxRequest, opening: Opening{Dialect: ThriftMux}},
}

// Sniff tells from the first bytes of a connection what its client speaks. The
// outcomes are: need > 0: more bytes are needed, in all at least so many; need
// == 0 and no error: o is decided, and more bytes will not change it; or an
// [*Error]: nothing that is known, or a length over a limit. Nothing is consumed: the
// bytes are handled as the first ones of o.
//
// Four bytes decide, and behind a length four more. Only an old unframed
// message is waited for up to the type behind its name, and ThriftMux up to
// what makes sure, so need is never over lim.Name+5 or 64 KiB + 4, whichever
// is more. A client does not begin with a Reply or an Exception, so that one is
// unknown where the first bytes tell its type. lim.Message bounds the first frame;
// over MaxSniffFrame it counts as that. lim.Depth is not used.
func Sniff(b []byte, lim Limits) (o Opening, need int, err error) {
	if len(b) < FrameHeaderSize {
		return Opening{}, FrameHeaderSize, nil
	}
	for i := range firstBytes {
		if firstBytes[i].matches(b) {
			return firstBytes[i].opening, 0, nil
		}
	}
	lim = lim.resolved()
	word := binary.BigEndian.Uint32(b)
	if word > MaxSniffFrame {
		return Opening{}, 0, malformed(0, int64(word), "unknown opening %#08x", word)
	}
	length := int(word)
	if need := FrameHeaderSize + min(length, 4); len(b) < need {
		return Opening{}, need, nil
	}
	frame := b[FrameHeaderSize:min(len(b), FrameHeaderSize+length)]
	for i := range behindLength {
		r := &behindLength[i]
		if !r.matches(frame) {
			continue
		}
		v := verdict{match: true}
		if r.check != nil {
			v = r.check(frame, length)
		}
		if v.match {
			return r.opening, 0, nil
		}
		if v.need > 0 {
			return Opening{}, FrameHeaderSize + v.need, nil
		}
	}
	if length > lim.Message {
		return Opening{}, 0, tooLarge("length of the first frame", 0, int64(length), int64(lim.Message))
	}
	return sniffOldName(b, length, lim.Name)
}

func (r *row) matches(b []byte) bool {
	if len(b) < len(r.prefix) {
		return false
	}
	for i := range len(r.prefix) {
		mask := byte(0xff)
		if r.mask != "" {
			mask = r.mask[i]
		}
		if b[i]&mask != r.prefix[i] {
			return false
		}
	}
	return true
}

// sniffOldName takes the length for that of a name, in an unframed message
// with an old header: a type follows. There is nothing else to know such a message
// by, so a name with control characters in it is taken for a frame of something
// unknown: no compiler writes one, and waiting for the byte behind a frame that is
// whole would be waiting for nothing. Other bytes may be a name, valid UTF-8 or not.
func sniffOldName(b []byte, length, maxName int) (o Opening, need int, err error) {
	typeAt := FrameHeaderSize + length
	name := b[FrameHeaderSize:min(len(b), typeAt)]
	if len(name) < length {
		name = name[:min(len(name), maxEarlyLook)] // or each byte that comes would cost a look at all
	}
	switch {
	case length > maxName || hasControl(name):
		return Opening{}, 0, malformed(FrameHeaderSize, int64(length), "unknown content in a first frame of %d bytes", length)
	case len(b) <= typeAt:
		return Opening{}, typeAt + 1, nil
	case Type(b[typeAt]).valid():
		return Opening{Dialect: Buffered, Protocol: Binary, Old: true}, 0, nil
	case length == 0:
		return Opening{}, 0, malformed(0, 0, "empty first frame")
	}
	return Opening{}, 0, malformed(FrameHeaderSize, int64(length), "unknown content in a first frame of %d bytes", length)
}

// maxEarlyLook bounds how many bytes of a name are looked at before it is whole.
const maxEarlyLook = 64

// hasControl reports whether there is an ASCII control character in b.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return true
		}
	}
	return false
}

// oldMessage tells whether the frame holds a whole message with an old header:
// length and bytes of a name, type, seqid, and at least the stop of a struct.
func oldMessage(frame []byte, length int) verdict {
	if length < 4 {
		return verdict{}
	}
	name := int(binary.BigEndian.Uint32(frame)) // below 2^24, its first byte being 0
	return verdict{match: name+oldOverhead+1 <= length}
}
