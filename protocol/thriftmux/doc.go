// Package thriftmux is the codec of Mux sessions as Finagle's ThriftMux speaks
// them: frames, the messages in them, the contexts that travel with a call, and
// the cutting and joining of fragments.
//
//	size:4 type:1 tag:3 body:(size-4)
//
// All integers are big-endian. Positive types are requests of the session layer
// (T messages), negative ones the answers (R messages), which carry the tag of
// their T message. A server reads one frame after another:
//
//	f, n, err := thriftmux.ParseFrame(buf, maxFrame) // n == 0: more bytes are needed
//	switch f.Type {
//	case thriftmux.Tping:
//		out = thriftmux.AppendEmpty(out, thriftmux.Rping, f.Tag)
//	case thriftmux.Tdispatch:
//		req, err := thriftmux.ParseTdispatch(f.Body, thriftmux.Limits{})
//		...
//		out, mark := thriftmux.BeginFrame(out, thriftmux.Rdispatch, f.Tag)
//		out = thriftmux.AppendRdispatch(out, thriftmux.Response{})
//		out = append(out, message...)
//		thriftmux.EndFrame(out, mark)
//	}
//
// What is parsed are views of the bytes handed in and valid as long as they are.
// Broken bytes and broken limits are a *wire.Error, which ends the session; its
// offset counts from the first byte handed in. Nothing here opens a connection,
// starts a goroutine, reads a clock or may be used from two goroutines at once.
package thriftmux
