package thriftmux

// CheckTinit is the text of the Rerr with which a client asks whether the server
// can negotiate. A server that can sends the same frame back; a Tinit follows.
const CheckTinit = "tinit check"

// IsCheckTinit reports whether f is that frame, under either number of Rerr.
func IsCheckTinit(f Frame) bool {
	return f.Type == Rerr && !f.More && f.Tag == SessionTag && string(f.Body) == CheckTinit
}

// AppendCheckTinit appends the frame with [CheckTinit] under the older number of Rerr,
// as Finagle's clients and servers send it. It is what a server answers.
func AppendCheckTinit(dst []byte) []byte { return AppendRerr(dst, SessionTag, CheckTinit) }

// AppendProbe appends the frame with [CheckTinit] under the newer number of Rerr, which
// a client should ask with: Finagle's servers know both numbers and answer with the
// older one. To a plain Thrift server of framed messages the older number, 127, begins
// a name of 2.1 GB, for which some take the memory. The newer one, -128, begins a
// strict header of a version that no server knows.
func AppendProbe(dst []byte) []byte {
	return AppendFrame(dst, Frame{Type: Rerr, Newer: true, Tag: SessionTag, Body: []byte(CheckTinit)})
}

// AppendRerr appends a frame that refuses the message with this tag and says why.
// The body of an Rerr that was read is that text.
func AppendRerr[S ~string | ~[]byte](dst []byte, tag uint32, why S) []byte {
	dst, mark := BeginFrame(dst, Rerr, tag)
	dst = append(dst, why...)
	EndFrame(dst, mark)
	return dst
}
