package wire

import "encoding/binary"

// The messages that open a ThriftMux session, as a client may send them first.
// A frame is type:1 tag:3 body. Lengths of 2 bytes are signed in Finagle, so
// none is over 32767.
const (
	muxHeaderSize = 4
	muxMoreBit    = 0x80 // of the tag's first byte: the message is in pieces
	muxMaxShort   = 1<<15 - 1
	muxCheckText  = "tinit check"
)

// muxInitCheck: an Rerr that asks whether the server can negotiate.
func muxInitCheck(frame []byte, length int) verdict {
	if length != muxHeaderSize+len(muxCheckText) {
		return verdict{}
	}
	if len(frame) < length {
		return verdict{need: length}
	}
	return verdict{match: string(frame[muxHeaderSize:]) == muxCheckText}
}

// muxPing: a Tping has no body.
func muxPing(_ []byte, length int) verdict {
	return verdict{match: length == muxHeaderSize}
}

// muxInit: version:2 (key~4 value~4)* to the end of the frame.
func muxInit(frame []byte, length int) verdict {
	w := muxBody{frame: frame, length: length, pos: muxHeaderSize}
	w.skip(2)
	for w.going() && w.pos < length {
		w.bytes(4)
		w.bytes(4)
	}
	return w.verdict()
}

// muxDispatch: nctx:2 (key~2 value~2)* dst~2 ndtab:2 (from~2 to~2)* and any
// payload. Of a message in pieces the first has no end to look for, but the
// client cuts only what it was asked to cut, after an Rinit.
func muxDispatch(frame []byte, length int) verdict {
	if length < muxHeaderSize || frame[1]&muxMoreBit != 0 {
		return verdict{}
	}
	w := muxBody{frame: frame, length: length, pos: muxHeaderSize}
	w.pairs(w.uint(2))
	w.bytes(2)
	w.pairs(w.uint(2))
	return w.verdict()
}

// muxRequest: nkeys:1 (key:1 value~1)* and any payload.
func muxRequest(frame []byte, length int) verdict {
	if length < muxHeaderSize || frame[1]&muxMoreBit != 0 {
		return verdict{}
	}
	w := muxBody{frame: frame, length: length, pos: muxHeaderSize}
	for n := w.uint(1); n > 0 && w.going(); n-- {
		w.skip(1)
		w.bytes(1)
	}
	return w.verdict()
}

// muxBody steps over a body, of which frame may be only the beginning. After
// a step that fails, or whose bytes are not there yet, the others do nothing.
type muxBody struct {
	frame  []byte
	length int
	pos    int
	broken bool
	need   int
}

func (w *muxBody) going() bool { return !w.broken && w.need == 0 }

func (w *muxBody) verdict() verdict {
	return verdict{match: w.going(), need: w.need}
}

// skip steps over n bytes, whether or not they are there yet.
func (w *muxBody) skip(n int) {
	switch {
	case !w.going():
	case n > min(w.length, maxMuxOpening)-w.pos:
		w.broken = true
	default:
		w.pos += n
	}
}

// uint reads a number of 1, 2 or 4 bytes.
func (w *muxBody) uint(width int) int {
	at := w.pos
	w.skip(width)
	if w.going() && w.pos > len(w.frame) {
		w.need = w.pos
	}
	if !w.going() {
		return 0
	}
	switch width {
	case 1:
		return int(w.frame[at])
	case 2:
		n := int(binary.BigEndian.Uint16(w.frame[at:]))
		w.broken = n > muxMaxShort
		return n
	}
	return int(min(binary.BigEndian.Uint32(w.frame[at:]), MaxSniffFrame))
}

// bytes steps over a length of so many bytes and what it counts.
func (w *muxBody) bytes(width int) { w.skip(w.uint(width)) }

func (w *muxBody) pairs(n int) {
	for ; n > 0 && w.going(); n-- {
		w.bytes(2)
		w.bytes(2)
	}
}
