package thriftmux

// Discard is the body of a Tdiscarded: the client no longer wants an answer. It
// comes under MarkerTag.
type Discard struct {
	Tag uint32 // of the call
	Why []byte // a text, a view
}

// ParseTdiscarded reads a body.
func ParseTdiscarded(body []byte) (Discard, error) {
	if len(body) < 3 {
		return Discard{}, truncated("discarded tag", len(body))
	}
	tag := uint32(body[0])<<16 | uint32(body[1])<<8 | uint32(body[2])
	return Discard{Tag: tag, Why: body[3:]}, nil
}

// AppendTdiscarded appends a frame that calls off the call with this tag.
func AppendTdiscarded[S ~string | ~[]byte](dst []byte, tag uint32, why S) []byte {
	dst, mark := BeginFrame(dst, Tdiscarded, MarkerTag)
	dst = append(dst, byte(tag>>16), byte(tag>>8), byte(tag))
	dst = append(dst, why...)
	EndFrame(dst, mark)
	return dst
}
