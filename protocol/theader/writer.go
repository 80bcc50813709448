package theader

import (
	"encoding/binary"
	"slices"
)

// Writer lays one frame into a buffer in place: Begin, Pair for each key-value,
// Payload, then the caller appends the message, then End. A Writer is for one
// frame and one goroutine.
type Writer struct {
	buf     []byte
	start   int // of the length word
	pairsAt int // where the block of pairs begins
	pairs   int
	payload int
	zlib    bool
}

// Begin starts a frame behind dst with h's flags, sequence id, protocol, transform
// and Info as it was read.
func Begin(dst []byte, h Header) Writer {
	w := Writer{start: len(dst), zlib: h.Zlib}
	b := append(dst, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, Magic)
	b = binary.BigEndian.AppendUint16(b, h.Flags)
	b = binary.BigEndian.AppendUint32(b, uint32(h.SeqID))
	b = append(b, 0, 0, protocolID(h.Protocol))
	if h.Zlib {
		b = append(b, 1, transformZlib)
	} else {
		b = append(b, 0)
	}
	w.buf = append(b, h.Info.blocks...)
	w.pairsAt = len(w.buf)
	return w
}

// Pair adds a key-value. Keys may repeat, though Apache's readers keep only the
// last of them.
func (w *Writer) Pair(key, value string) {
	w.pairs++
	w.buf = binary.AppendUvarint(w.buf, uint64(len(key)))
	w.buf = append(w.buf, key...)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(value)))
	w.buf = append(w.buf, value...)
}

// Payload ends the header and returns the buffer, to which the caller appends the
// message before it calls End. The error is a *wire.Error for a header over
// MaxHeaderSize; the buffer is then dst as Begin got it.
func (w *Writer) Payload() ([]byte, error) {
	if w.pairs > 0 {
		// The count of pairs stands before them and is known only now.
		var block [1 + binary.MaxVarintLen32]byte
		block[0] = infoPairs
		n := 1 + binary.PutUvarint(block[1:], uint64(w.pairs))
		w.buf = slices.Insert(w.buf, w.pairsAt, block[:n]...)
	}
	header := w.start + lengthSize + PreludeSize
	for (len(w.buf)-header)%wordSize != 0 {
		w.buf = append(w.buf, infoPadding)
	}
	size := len(w.buf) - header
	if size > MaxHeaderSize {
		return w.buf[:w.start], overLimit("header size", 8, size, MaxHeaderSize)
	}
	binary.BigEndian.PutUint16(w.buf[header-2:], uint16(size/wordSize))
	w.payload = len(w.buf)
	return w.buf, nil
}

// End compresses what buf holds behind the header, if the header says so, and
// fills in the frame's length. It returns dst with the whole frame behind it. The
// error is a *wire.Error for a frame over MaxFrameSize; the buffer is then dst.
func (w *Writer) End(buf []byte) ([]byte, error) {
	if w.zlib {
		end := len(buf)
		buf = Deflate(buf, buf[w.payload:end])
		n := copy(buf[w.payload:], buf[end:])
		buf = buf[:w.payload+n]
	}
	size := len(buf) - w.start - lengthSize
	if size > MaxFrameSize {
		return buf[:w.start], overLimit("frame length", 0, size, MaxFrameSize)
	}
	binary.BigEndian.PutUint32(buf[w.start:], uint32(size))
	return buf, nil
}

// Append adds a whole frame with its length word to dst; payload is the plain
// message, which is compressed if h.Zlib. Errors are those of Payload and End.
func Append(dst []byte, h Header, payload []byte) ([]byte, error) {
	w := Begin(dst, h)
	buf, err := w.Payload()
	if err != nil {
		return buf, err
	}
	return w.End(append(buf, payload...))
}
