// Package theader is the codec of THeader frames: a length, a fixed prelude, a
// header with protocol, transforms and key-values, and a Thrift message.
//
//	i32 length of all that follows
//	u16 magic 0x0fff | u16 flags | i32 sequence id | u16 header size in 4-byte words
//	header: varint protocol | varint count, varint transforms... | info blocks | zero padding
//	payload: one Thrift message, compressed by the transforms
//
// A reader cuts the frame at its length, then:
//
//	h, payload, err := theader.Parse(frame, theader.Limits{})
//	if h.Zlib {
//		payload, err = theader.Inflate(scratch[:0], payload, maxMessage)
//	}
//
// A writer builds the reply in place and gets the length, the padding and the
// compression filled in:
//
//	w := theader.Begin(dst, theader.Header{SeqID: h.SeqID, Protocol: h.Protocol, Zlib: h.Zlib})
//	w.Pair("trace", "abc")
//	buf, err := w.Payload()
//	buf = append(buf, message...)
//	dst, err = w.End(buf)
//
// The package opens no connection, starts no goroutine and reads no clock. The
// section names in comments are those of the THeader format's description.
package theader
