package wire

// MessageReader finds the end of one unframed message after the other in bytes
// that arrive piece by piece: header, struct, and in JSON the closing "]". It
// must be Reset before the first use and belongs to one goroutine at a time.
type MessageReader struct {
	protocol Protocol
	lim      Limits // resolved
	header   Header // Size 0: not read yet
	nameAt   int    // of header.Name in the message, -1: it is a copy
	skip     Skipper
	bodyEnd  int // 0: not found yet
	spaceEnd int // of the white space behind it that has come so far; JSON only
}

// Reset makes m ready for the messages of a connection in protocol p.
func (m *MessageReader) Reset(p Protocol, lim Limits) {
	m.protocol, m.lim = p, lim.resolved()
	m.header, m.bodyEnd, m.spaceEnd = Header{}, 0, 0
}

// Next looks for the end of the message that b begins with. In each call for
// the same message b has the same content, perhaps elsewhere in memory, and as
// much more as there is; it may go on behind the message. The outcomes are:
//
//   - n > 0: the message is b[:n], its struct b[h.Size:bodyEnd]. m is ready for
//     the next message, at b[n:].
//   - n == 0 and no error: more bytes are needed.
//   - an [*Error]; m must be Reset before it is used again.
//
// h is the message's header as soon as that was read (h.Size > 0), also if the
// rest is incomplete or in error. Offsets in errors count from the message's
// first byte. h.Name is valid as long as b is.
func (m *MessageReader) Next(b []byte) (h Header, bodyEnd, n int, err error) {
	if err := m.readHeader(b); err != nil || m.header.Size == 0 {
		return Header{}, 0, 0, err
	}
	h = m.header
	if m.bodyEnd == 0 {
		if m.bodyEnd, err = m.skip.run(b); err != nil || m.bodyEnd == 0 {
			return h, 0, 0, err
		}
	}
	n, err = m.end(b)
	if n == 0 {
		return h, 0, 0, err
	}
	bodyEnd = m.bodyEnd
	m.header, m.bodyEnd, m.spaceEnd = Header{}, 0, 0
	return h, bodyEnd, n, nil
}

// readHeader sees to it that m.header is set, if it can be, and a view of b.
func (m *MessageReader) readHeader(b []byte) error {
	if h := &m.header; h.Size > 0 {
		if m.nameAt >= 0 {
			h.Name = b[m.nameAt : m.nameAt+len(h.Name) : m.nameAt+len(h.Name)]
		}
		return nil
	}
	in := b[:min(len(b), m.lim.Message)]
	h, nameAt, err := parseHeader(m.protocol, in, m.lim.Name)
	switch {
	case err != nil:
		return err
	case h.Size > 0:
		m.header, m.nameAt = h, nameAt
		m.skip.begin(m.protocol, m.lim, h.Size)
	case len(b) >= m.lim.Message:
		return errMessage(len(b), m.lim.Message)
	}
	return nil
}

// end returns where the message ends, 0 if b ends before it.
func (m *MessageReader) end(b []byte) (int, error) {
	if m.protocol != JSON {
		return m.bodyEnd, nil
	}
	t := jsonText{b: b[:min(len(b), m.lim.Message)], pos: max(m.bodyEnd, m.spaceEnd)}
	ok, err := t.delim(']')
	m.spaceEnd = t.pos
	switch {
	case ok:
		return t.pos, nil
	case err == nil && len(b) >= m.lim.Message:
		err = errMessage(len(b), m.lim.Message)
	}
	return 0, err
}

// Body returns the struct of a whole message, given rest, all that follows its
// header. That is rest itself, and in JSON rest without the closing "]", whose
// absence is an [*Error]. The struct is not looked at: whether it is one, and only
// one, tells [ExactStruct].
func Body(p Protocol, rest []byte) ([]byte, error) {
	if p != JSON {
		return rest, nil
	}
	end := len(rest)
	for end > 0 && jsonSpace(rest[end-1]) {
		end--
	}
	if end == 0 || rest[end-1] != ']' {
		return nil, malformed(end, 0, "JSON message without the closing ']'")
	}
	return rest[: end-1 : end-1], nil
}

// errMessage reports a message that does not end within the limit.
func errMessage(seen, limit int) error {
	return tooLarge("message length", 0, int64(max(seen, limit+1)), int64(limit))
}
