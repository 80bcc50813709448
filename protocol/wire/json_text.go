package wire

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonText reads JSON tokens off bytes that may end anywhere. Each method
// steps over white space, then over one token; it returns ok false and no error
// if the token is not complete, and then does not step over it.
type jsonText struct {
	b   []byte
	pos int
}

func jsonSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (t *jsonText) space() {
	for t.pos < len(t.b) && jsonSpace(t.b[t.pos]) {
		t.pos++
	}
}

// is reports whether the next token begins with c; false also at the end.
func (t *jsonText) is(c byte) bool {
	t.space()
	return t.pos < len(t.b) && t.b[t.pos] == c
}

// delim steps over the one byte c.
func (t *jsonText) delim(c byte) (ok bool, err error) {
	t.space()
	if t.pos == len(t.b) {
		return false, nil
	}
	if got := t.b[t.pos]; got != c {
		return false, malformed(t.pos, int64(got), "JSON has %q, not %q,", got, c)
	}
	t.pos++
	return true, nil
}

// int32 reads a whole number. It is complete only with a byte behind it.
func (t *jsonText) int32() (v int32, ok bool, err error) {
	t.space()
	const maxDigits = len("-2147483648")
	at, n := t.pos, 0
	for at+n < len(t.b) && n <= maxDigits && numberByte(t.b[at+n]) {
		n++
	}
	if at+n == len(t.b) && n <= maxDigits {
		return 0, false, nil
	}
	v64 := parseInt(t.b[at : at+n])
	if v64 < math.MinInt32 || v64 > math.MaxInt32 {
		return 0, false, malformed(at, 0, "JSON has no 32-bit integer")
	}
	t.pos = at + n
	return int32(v64), true, nil
}

func numberByte(c byte) bool { return c == '-' || c-'0' <= 9 }

// parseInt reads a decimal number, and returns math.MaxInt64 for anything that
// is none. It has no error value so that it takes no memory.
func parseInt(b []byte) int64 {
	digits, sign := b, int64(1)
	if len(b) > 0 && b[0] == '-' {
		digits, sign = b[1:], -1
	}
	if len(digits) == 0 || len(digits) > 10 {
		return math.MaxInt64
	}
	var v int64
	for _, c := range digits {
		if c-'0' > 9 {
			return math.MaxInt64
		}
		v = v*10 + int64(c-'0')
	}
	return sign * v
}

// str reads a string of at most max bytes when decoded, and returns what is
// between its quotes as it stands.
func (t *jsonText) str(what string, max int) (raw []byte, escaped, ok bool, err error) {
	if ok, err := t.delim('"'); !ok {
		return nil, false, false, err
	}
	at := t.pos
	// An escape makes at least one byte, so n never says more than there will be.
	for i, n := at, 0; i < len(t.b) && t.b[i] != '"'; n++ {
		if n == max {
			return nil, false, false, tooLarge(what, at, int64(n)+1, int64(max))
		}
		if t.b[i] == '\\' {
			escaped = true
			i += escapeLen(t.b[i:])
		} else {
			i++
		}
		t.pos = i
	}
	if t.pos >= len(t.b) {
		t.pos = at - 1
		return nil, false, false, nil
	}
	raw = t.b[at:t.pos:t.pos]
	t.pos++
	return raw, escaped, true, nil
}

// escapeLen returns how many bytes the escape takes that b begins with, well
// formed or not, perhaps more than b has. It never takes a quote for a digit.
func escapeLen(b []byte) int {
	const short, long = len(`\n`), len(`\u0000`)
	if len(b) < short || b[1] != 'u' {
		return short
	}
	for i := short; i < min(len(b), long); i++ {
		if _, ok := hexDigit(b[i]); !ok {
			return i
		}
	}
	return long
}

// unescape appends what a JSON string stands for. Half a surrogate pair becomes
// U+FFFD; bytes that are no valid UTF-8 stay as they are. The offset of a
// malformed escape counts from the beginning of raw.
func unescape(dst, raw []byte) ([]byte, error) {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			dst = append(dst, raw[i])
			i++
			continue
		}
		r, n := escapedRune(raw[i:])
		if n == 0 {
			return nil, malformed(i, 0, "unknown JSON escape")
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, nil
}

// escapedRune decodes the escape that b begins with, n is its length, 0 if it
// is malformed.
func escapedRune(b []byte) (r rune, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r, ok := hexEscape(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hexEscape(b[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// hexEscape decodes \uXXXX.
func hexEscape(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		digit, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}

func hexDigit(c byte) (v byte, ok bool) {
	lower := c | 0x20
	switch {
	case c-'0' <= 9:
		return c - '0', true
	case lower >= 'a' && lower <= 'f':
		return lower - 'a' + 10, true
	}
	return 0, false
}

// appendJSONString appends s in quotes. Only what JSON forbids is escaped: the
// quote, the backslash and control characters. All other bytes are passed on,
// valid UTF-8 or not.
func appendJSONString[S ~string | ~[]byte](dst []byte, s S) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// jsonStringLen returns how many bytes appendJSONString puts between the quotes.
func jsonStringLen[S ~string | ~[]byte](s S) int {
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			n++
		case c < ' ':
			n += len(`\u0000`) - 1
		}
	}
	return n
}

func appendJSONInt(dst []byte, v int32) []byte { return strconv.AppendInt(dst, int64(v), 10) }
