package wire

import (
	"encoding/binary"
	"math"
)

// ExactStruct reports whether body is exactly one struct, encoded in p: nil if it
// is. Otherwise the error is an [*Error]: of the kind [Truncated] if body ends
// inside the struct, of the kind [Trailing] if it goes on behind it, and else the
// error that keeps the end from being found. White space may follow a struct in
// JSON.
//
// Call it before passing on bytes that are only said to be one struct: to the next
// reader the rest may be a message of its own, and a struct that ends too early
// swallows the bytes behind it. Of lim, only Depth is used. Nothing is
// allocated up to DefaultDepth levels, except errors.
func ExactStruct(p Protocol, body []byte, lim Limits) error {
	if p == Binary && len(body) > 0 && flatBinary(body) == len(body) {
		return nil
	}
	return walkExact(p, body, lim)
}

// walkExact is ExactStruct for any struct, and tells what is wrong with those that are
// none.
func walkExact(p Protocol, body []byte, lim Limits) error {
	lim.Message = -1
	var s Skipper
	s.Reset(p, lim)
	end, err := s.run(body)
	switch {
	case err != nil:
		return err
	case end == 0:
		return truncated("a struct", 0)
	}
	return restBehind(p, theStruct, body, end)
}

// flatBinary returns where the struct in b ends, if each of its fields is a number or a
// string, as of most small ones: that takes no levels. It returns 0 if there are others,
// or if something is wrong.
func flatBinary(b []byte) (end int) {
	for pos := 0; pos < len(b); {
		t := b[pos]
		if t == binStop {
			return pos + 1
		}
		if pos += binFieldHeader; pos >= len(b) {
			return 0
		}
		switch v := binaryType(t); {
		case v.fixed > 0:
			pos += int(v.fixed)
		case t == binString && len(b)-pos >= 4:
			n := binary.BigEndian.Uint32(b[pos:])
			if pos += 4; n > math.MaxInt32 || int(n) > len(b)-pos {
				return 0
			}
			pos += int(n)
		default:
			return 0
		}
	}
	return 0
}

const theStruct = "the struct"

// RestError is the error of an input of size bytes that goes on behind the one
// struct it was said to be, which ends at byte end.
func RestError(size, end int) *Error {
	return &Error{Kind: Trailing, What: theStruct, Offset: end, Seen: int64(size) - int64(end)}
}

// restBehind returns an error if b goes on behind byte end, where an item has ended.
func restBehind(p Protocol, what string, b []byte, end int) error {
	rest := end
	for p == JSON && rest < len(b) && jsonSpace(b[rest]) {
		rest++
	}
	if rest == len(b) {
		return nil
	}
	return &Error{Kind: Trailing, What: what, Offset: end, Seen: int64(len(b) - end)}
}
