package wire

import (
	"errors"
	"io"
	"math"
	"testing"
)

func TestErrorTexts(t *testing.T) {
	_, large := FrameSize([]byte{0x7f, 0xff, 0xff, 0xff}, 0)
	_, negative := FrameSize([]byte{0xff, 0xff, 0xff, 0xfe}, 0)
	_, _, short := ParseException(Binary, []byte{8, 0, 2, 0})
	_, unknown := ParseHeader(Binary, []byte{0x80, 2, 0, 1}, 0)
	for _, c := range []struct {
		err      error
		text     string
		tooLarge bool
	}{
		{large, "wire: frame length 2147483647 at byte 0 is over the limit of 16384000", true},
		{negative, "wire: negative frame length -2 (the limit is 16384000) at byte 0", false},
		{short, "wire: input ends too early, inside an i32 at byte 3", false},
		{unknown, "wire: binary version 0x8002, not 0x8001, at byte 0", false},
	} {
		var e *Error
		if !errors.As(c.err, &e) {
			t.Errorf("%v is no *Error", c.err)
			continue
		}
		if e.Error() != c.text || e.TooLarge() != c.tooLarge {
			t.Errorf("%q, too large %t; want %q, %t", e, e.TooLarge(), c.text, c.tooLarge)
		}
	}
	if !errors.Is(short, ErrTruncated) || !errors.Is(short, io.ErrUnexpectedEOF) || errors.Is(large, ErrTruncated) {
		t.Error("only a truncated input is ErrTruncated")
	}
}

func TestFrameSizeLimits(t *testing.T) {
	frame := func(n uint32) []byte { return AppendFrameHeader(nil, int(n)) }
	for _, c := range []struct {
		length uint32
		max, n int // n 0: an error
	}{
		{0, 0, 4},
		{DefaultMessage, 0, 4 + DefaultMessage},
		{DefaultMessage + 1, 0, 0},
		{10, 10, 14},
		{11, 10, 0},
		{noLimit, -1, 4 + noLimit},
		{math.MaxInt32, -1, 0},
		{1 << 31, -1, 0},
		{math.MaxUint32, 0, 0},
	} {
		n, err := FrameSize(frame(c.length), c.max)
		if n != c.n || (err != nil) != (c.n == 0) {
			t.Errorf("length %d, max %d: %d, %v", c.length, c.max, n, err)
		}
	}
}
