package wire

// Rewrite gives the message that begins at buf[start:] another name and seqid.
// h is its header as parsed there. The new header is laid down so that it ends
// where the old one did, at start+h.Size; the body stays where it is, and the
// message begins at newStart, before start if the header has grown. What was
// in buf between is overwritten, and h.Name with it; name must not be a view
// of it.
//
// The body is not looked at. Whoever sends it on asks [ExactStruct] first, unless
// its end was found by walking it.
//
// Type, protocol and form stay: an old binary header is not made strict, since
// whoever sends it on does so to a server that may know only that form, and
// the 3 bytes more would need room. JSON white space is not kept.
//
// If the new header needs more than the h.Size+start bytes before the body,
// the error is an [*Error] of the kind TooLarge and buf is unchanged.
func Rewrite(buf []byte, start int, h Header, name string, seqid int32) (newStart int, err error) {
	end := start + h.Size
	if start < 0 || h.Size <= 0 || end > len(buf) {
		return 0, malformed(start, int64(h.Size), "no header of %d bytes to rewrite", h.Size)
	}
	n := HeaderLen(h.Protocol, h.Old, name, seqid)
	if n == 0 {
		return 0, errProtocol(h.Protocol)
	}
	if n > end {
		return 0, tooLarge("rewritten header length", start, int64(n), int64(end))
	}
	newStart = end - n
	if h.Old && h.Protocol == Binary {
		AppendOldHeader(buf[:newStart], h.Type, name, seqid)
	} else {
		AppendHeader(buf[:newStart], h.Protocol, h.Type, name, seqid)
	}
	return newStart, nil
}
