package thriftmux

// Fragments cuts one message into frames that keep within the peer's window. It
// gives them one at a time, so that a writer can take turns between messages.
type Fragments struct {
	frame  Frame // Body is what is still to be written
	window int
	done   bool
}

// Split prepares a message whose body is whole. window is the largest body in bytes
// of a frame, as the peer's Init.FrameLimit says; 0 or less means no limit. Types other
// than Tdispatch and Rdispatch are never cut. The body must not change until the last
// Next.
func Split(t Type, tag uint32, body []byte, window int) Fragments {
	if window <= 0 || !t.fragments() {
		window = max(len(body), 1)
	}
	return Fragments{frame: Frame{Type: t, Tag: tag, Body: body}, window: window}
}

// Next appends the next frame to dst; more is false with the last one. After that it
// appends nothing.
func (s *Fragments) Next(dst []byte) (out []byte, more bool) {
	if s.done {
		return dst, false
	}
	f, n := s.frame, min(len(s.frame.Body), s.window)
	f.Body, f.More = f.Body[:n], n < len(f.Body)
	s.frame.Body, s.done = s.frame.Body[n:], !f.More
	return AppendFrame(dst, f), f.More
}

// Left is the count of body bytes still to be written.
func (s *Fragments) Left() int { return len(s.frame.Body) }
