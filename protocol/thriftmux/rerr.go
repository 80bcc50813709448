package thriftmux

// CheckTinit is the text of the Rerr with which a client asks whether the server
// can negotiate. A server that can sends the same frame back; a Tinit follows.
const CheckTinit = "tinit check"

// IsCheckTinit reports whether f is that frame, under either number of Rerr.
func IsCheckTinit(f Frame) bool {
	return f.Type == Rerr && !f.More && f.Tag == SessionTag && string(f.Body) == CheckTinit
}

// AppendCheckTinit appends that frame.
func AppendCheckTinit(dst []byte) []byte { return AppendRerr(dst, SessionTag, CheckTinit) }

// AppendRerr appends a frame that refuses the message with this tag and says why.
// The body of an Rerr that was read is that text.
func AppendRerr[S ~string | ~[]byte](dst []byte, tag uint32, why S) []byte {
	dst, mark := BeginFrame(dst, Rerr, tag)
	dst = append(dst, why...)
	EndFrame(dst, mark)
	return dst
}
