package theader

import "encoding/binary"

// ParseHeader reads the header at the start of b, which begins with the magic,
// behind the frame's length word. Three outcomes: a header with Size over 0; a
// Size of 0 and no error when b ends inside the header; an error.
//
// Errors are *wire.Error for bytes that are no header or break a limit, which
// ends the connection, and *UnsupportedError for a header that is whole but asks
// for something unknown: then the Header is filled as far as it could be read,
// Size included, and an exception can be answered. It allocates nothing but errors;
// the Header's Info is a view of b.
func ParseHeader(b []byte, lim Limits) (h Header, err error) {
	err = h.read(b, lim)
	return h, err
}

// Parse reads a whole frame, without its length word, and gives the payload as a
// view of it: still compressed if h.Zlib. Errors are those of ParseHeader; a frame
// that ends inside its header is malformed.
func Parse(frame []byte, lim Limits) (h Header, payload []byte, err error) {
	err = h.read(frame, lim)
	if h.Size == 0 && err == nil {
		err = truncated("header", len(frame))
	}
	return h, frame[h.Size:], err
}

// read is ParseHeader; h is zero.
func (h *Header) read(b []byte, lim Limits) error {
	if len(b) < 2 {
		return nil
	}
	if magic := binary.BigEndian.Uint16(b); magic != Magic {
		return malformed(0, int(magic), "magic %#04x", magic)
	}
	if len(b) < PreludeSize {
		return nil
	}
	size := int(binary.BigEndian.Uint16(b[8:])) * wordSize
	if size > lim.header() {
		return overLimit("header size", 8, size, lim.header())
	}
	if len(b) < PreludeSize+size {
		return nil
	}
	h.Flags = binary.BigEndian.Uint16(b[2:])
	h.SeqID = int32(binary.BigEndian.Uint32(b[4:]))
	h.Size = PreludeSize + size
	return h.parse(b[:h.Size], lim)
}

// parse reads what stands behind the prelude.
func (h *Header) parse(b []byte, lim Limits) error {
	r := infoReader{b: b[PreludeSize:], base: PreludeSize}
	id, err := r.uvarint("protocol id")
	if err != nil {
		return h.broken(err)
	}
	protocol, known := protocolOf(id)
	h.Protocol = protocol
	unsupported := h.parseTransforms(&r)
	if _, ok := unsupported.(*UnsupportedError); unsupported != nil && !ok {
		return h.broken(unsupported)
	}
	if h.Info, err = parseInfo(r.b[r.pos:], r.base+r.pos, lim.pairs()); err != nil {
		return h.broken(err)
	}
	if !known {
		return &UnsupportedError{What: "protocol", ID: uint32(id)}
	}
	return unsupported
}

// broken forgets what was read: only an UnsupportedError leaves a usable Header.
func (h *Header) broken(err error) error {
	*h = Header{}
	return err
}

// parseTransforms reads all transforms, so that the info behind an unknown one is
// still read.
func (h *Header) parseTransforms(r *infoReader) error {
	at := r.pos
	n, err := r.uvarint("count of transforms")
	if err != nil {
		return err
	}
	if room := len(r.b) - r.pos; n > uint64(room) {
		return malformed(r.base+at, int(n), "count of transforms %d in %d bytes", n, room)
	}
	var unsupported error
	for range n {
		id, err := r.uvarint("transform id")
		switch {
		case err != nil:
			return err
		case id == transformNone:
		case id == transformZlib && !h.Zlib:
			h.Zlib = true
		case unsupported == nil:
			// A second zlib counts as unknown too: nobody compresses twice.
			unsupported = &UnsupportedError{What: "transform", ID: uint32(id)}
		}
	}
	return unsupported
}
