package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// skipCases are structs that the Go runtime wrote, and some by hand for the
// forms it does not write.
func skipCases(t testing.TB) []skipCase {
	cases := []skipCase{
		{"empty", Binary, "\x00"},
		{"empty map without types", Binary, "\x0d\x00\x01\x00\x00\x00\x00\x00\x00\x00"},
		{"empty list without type", Binary, "\x0f\x00\x01\x00\x00\x00\x00\x00\x00"},
		{"map of strings to lists", Binary, "\x0d\x00\x01\x0b\x0f\x00\x00\x00\x02" +
			"\x00\x00\x00\x01a\x02\x00\x00\x00\x01\x01" + "\x00\x00\x00\x00\x0b\x00\x00\x00\x01\x00\x00\x00\x01b" + "\x00"},
		{"uuid", Binary, "\x10\x00\x010123456789abcdef\x00"},
		{"empty", Compact, "\x00"},
		{"field id in long form", Compact, "\x05\xa0\x9c\x01\x02\x00"},
		{"bool fields have no value", Compact, "\x11\x12\x01\x20\x00"},
		{"bools have a byte in a list", Compact, "\x19\x31\x01\x02\x01\x00"},
		{"long list of bytes", Compact, "\x19\xf3\x10" + strings.Repeat("x", 16) + "\x00"},
		{"empty map has no types", Compact, "\x1b\x00\x00"},
		{"map of bools to uuids", Compact, "\x1b\x01\x1d\x010123456789abcdef\x00"},
		{"map of strings to structs", Compact, "\x1b\x01\x8c\x01k\x15\x02\x00\x00"},
		{"varint of ten bytes", Compact, "\x16\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"},
		{"empty", JSON, "{}"},
		{"white space", JSON, " \r\n\t{ } "},
		{"brackets and quotes in strings", JSON, `{"1":{"str":"}]\"\\"},"2":{"str":"\\\"{["}}`},
		{"map in a map", JSON, `{"1":{"map":["str","map",1,{"k":["i32","i32",1,{"1":2}]}]}}`},
	}
	for _, v := range readVectors(t, "testdata/structs.json") {
		p, _ := v.form(t)
		cases = append(cases, skipCase{v.Name, p, string(v.bytes)})
	}
	return cases
}

type skipCase struct {
	name     string
	protocol Protocol
	bytes    string
}

func TestSkip(t *testing.T) {
	for _, c := range skipCases(t) {
		t.Run(c.protocol.String()+"/"+c.name, func(t *testing.T) {
			size := len(strings.TrimRight(c.bytes, " "))
			var s Skipper
			s.Reset(c.protocol, Limits{})
			if n, err := s.Skip([]byte(c.bytes + "]more")); n != size || err != nil {
				t.Errorf("whole: %d, %v; want %d", n, err, size)
			}
			for cut := range size {
				s.Reset(c.protocol, Limits{})
				if n, err := s.Skip([]byte(c.bytes[:cut])); n != 0 || err != nil {
					t.Errorf("%d bytes: %d, %v", cut, n, err)
				}
			}
			s.Reset(c.protocol, Limits{})
			for cut := range size {
				if n, err := s.Skip([]byte(c.bytes[:cut])); n != 0 || err != nil {
					t.Errorf("grown to %d bytes: %d, %v", cut, n, err)
				}
			}
			if n, err := s.Skip([]byte(c.bytes)); n != size || err != nil {
				t.Errorf("grown to all: %d, %v; want %d", n, err, size)
			}
		})
	}
}

func TestSkipErrors(t *testing.T) {
	for _, c := range []struct {
		name     string
		protocol Protocol
		bytes    string
		want     Error // What is a part of the text
	}{
		{"unknown protocol", 0, "", Error{What: "protocol"}},
		{"unknown field type", Binary, "\x09", Error{What: "field type 9", Seen: 9}},
		{"void field", Binary, "\x01", Error{What: "field type 1", Seen: 1}},
		{"field type beyond the last", Binary, "\x11", Error{What: "field type 17", Seen: 17}},
		{"unknown list type", Binary, "\x0f\x00\x01\x07\x00\x00\x00\x01", Error{What: "field type 7", Offset: 3, Seen: 7}},
		{"unknown key type", Binary, "\x0d\x00\x01\x00\x08\x00\x00\x00\x01", Error{What: "field type 0", Offset: 3}},
		{"unknown value type", Binary, "\x0d\x00\x01\x08\x05\x00\x00\x00\x01", Error{What: "field type 5", Offset: 4, Seen: 5}},
		{"negative string", Binary, "\x0b\x00\x01\xff\xff\xff\xff", Error{What: "negative string length -1", Offset: 3, Seen: -1}},
		{"negative list", Binary, "\x0f\x00\x01\x08\x80\x00\x00\x00", Error{What: "negative element count", Offset: 3, Seen: -1 << 31}},
		{"negative map", Binary, "\x0d\x00\x01\x0b\x0b\xff\xff\xff\xfe", Error{What: "negative element count -2", Offset: 3, Seen: -2}},
		{"string over the limit", Binary, "\x0b\x00\x01\x00\x00\x00\x5e", Error{Kind: TooLarge, Offset: 3, Seen: 94, Limit: 93}},
		{"list over the limit", Binary, "\x0f\x00\x01\x08\x00\x00\x00\x18", Error{Kind: TooLarge, Offset: 3, Seen: 24, Limit: 23}},
		{"list of structs over the limit", Binary, "\x0f\x00\x01\x0c\x00\x00\x00\x5d", Error{Kind: TooLarge, Offset: 3, Seen: 93, Limit: 92}},
		{"map over the limit", Binary, "\x0d\x00\x01\x0b\x0b\x00\x00\x00\x0c", Error{Kind: TooLarge, Offset: 3, Seen: 12, Limit: 11}},
		{"too many levels", Binary, strings.Repeat("\x0c\x00\x01", 4) + "\x00", Error{Kind: TooLarge, What: "depth", Offset: 12, Seen: 5, Limit: 4}},
		{"unknown field type", Compact, "\x1e", Error{What: "field type 14", Seen: 14}},
		{"type 0 with an id", Compact, "\x10", Error{What: "field type 0"}},
		{"unknown list type", Compact, "\x19\x10", Error{What: "field type 0", Offset: 1}},
		{"unknown key type", Compact, "\x1b\x01\xe1", Error{What: "field type 14", Offset: 2, Seen: 14}},
		{"unknown value type", Compact, "\x1b\x01\x1f", Error{What: "field type 15", Offset: 2, Seen: 15}},
		{"count without end", Compact, "\x1b\xff\xff\xff\xff\xff", Error{What: "element count", Offset: 1}},
		{"empty map too deep", Compact, "\x1c\x1c\x1c\x1b\x00", Error{Kind: TooLarge, What: "depth", Offset: 4, Seen: 5, Limit: 4}},
		{"field id without end", Compact, "\x05\xff\xff\xff\xff\xff", Error{What: "field id", Offset: 1}},
		{"varint without end", Compact, "\x16" + strings.Repeat("\xff", 11), Error{What: "64 bits", Offset: 1}},
		{"string of 2 GiB", Compact, "\x18\x80\x80\x80\x80\x08", Error{What: "negative string length", Offset: 1, Seen: -1 << 31}},
		{"string over the limit", Compact, "\x18\x63", Error{Kind: TooLarge, Offset: 1, Seen: 99, Limit: 98}},
		{"list over the limit", Compact, "\x19\xf5\x62", Error{Kind: TooLarge, Offset: 1, Seen: 98, Limit: 97}},
		{"map over the limit", Compact, "\x1b\x31\x55", Error{Kind: TooLarge, Offset: 1, Seen: 49, Limit: 48}},
		{"too many levels", Compact, strings.Repeat("\x1c", 4) + "\x00", Error{Kind: TooLarge, What: "depth", Offset: 4, Seen: 5, Limit: 4}},
		{"too many lists", Compact, "\x19" + strings.Repeat("\x19", 4), Error{Kind: TooLarge, What: "depth", Offset: 4, Seen: 5, Limit: 4}},
		{"no object", JSON, "[", Error{What: "'['", Seen: '['}},
		{"closed before it opened", JSON, "}", Error{What: "'}'", Seen: '}'}},
		{"other bracket closed", JSON, "{]", Error{What: "']'", Offset: 1, Seen: ']'}},
		{"other bracket closed inside", JSON, "{[}", Error{What: "'}'", Offset: 2, Seen: '}'}},
		{"too many levels", JSON, strings.Repeat("{", 9), Error{Kind: TooLarge, What: "depth", Offset: 8, Seen: 5, Limit: 4}},
		{"longer than the limit", JSON, "{" + strings.Repeat(" ", 99), Error{Kind: TooLarge, What: "message", Seen: 101, Limit: 100}},
	} {
		t.Run(c.protocol.String()+"/"+c.name, func(t *testing.T) {
			var s Skipper
			s.Reset(c.protocol, Limits{Depth: 4, Message: 100})
			n, err := s.Skip([]byte(c.bytes))
			var got *Error
			if !errors.As(err, &got) || n != 0 {
				t.Fatalf("%d, error %v", n, err)
			}
			if got.Kind != c.want.Kind || got.Offset != c.want.Offset || got.Seen != c.want.Seen || got.Limit != c.want.Limit || !strings.Contains(got.What, c.want.What) {
				t.Errorf("error %v: %#v", err, got)
			}
		})
	}
}

func TestSkipLimitIsReachedAndNotPassed(t *testing.T) {
	for _, c := range skipCases(t) {
		size := len(strings.TrimRight(c.bytes, " "))
		var s Skipper
		s.Reset(c.protocol, Limits{Message: size})
		if n, err := s.Skip([]byte(c.bytes + "more")); n != size || err != nil {
			t.Errorf("%s/%s with limit %d: %d, %v", c.protocol, c.name, size, n, err)
		}
		if size == 1 {
			continue // a limit of 0 is the default
		}
		s.Reset(c.protocol, Limits{Message: size - 1})
		n, err := s.Skip([]byte(c.bytes))
		if e := new(Error); !errors.As(err, &e) || !e.TooLarge() {
			t.Errorf("%s/%s with limit %d: %d, %v", c.protocol, c.name, size-1, n, err)
		}
	}
}

// nested returns a struct of so many levels.
func nested(p Protocol, depth int) []byte {
	open, empty, end := "\x0c\x00\x01", "\x00", "\x00"
	switch p {
	case Compact:
		open = "\x1c"
	case JSON:
		open, empty, end = `{"1":{"rec":`, "{}", "}}"
	}
	return []byte(strings.Repeat(open, depth-1) + empty + strings.Repeat(end, depth-1))
}

func TestSkipDepth(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		for _, c := range []struct{ depth, limit int }{{64, 0}, {1000, 1000}, {100_000, -1}} {
			b := nested(p, c.depth)
			var s Skipper
			s.Reset(p, Limits{Depth: c.limit})
			if n, err := s.Skip(b); n != len(b) || err != nil {
				t.Errorf("%s: %d levels, limit %d: %d, %v", p, c.depth, c.limit, n, err)
			}
			if c.limit < 0 {
				continue
			}
			s.Reset(p, Limits{Depth: c.limit})
			n, err := s.Skip(nested(p, c.depth+1))
			if e := new(Error); p != JSON && (!errors.As(err, &e) || e.Seen != int64(c.depth+1)) {
				t.Errorf("%s: %d levels, limit %d: %d, %v", p, c.depth+1, c.limit, n, err)
			}
		}
	}
}

func TestSkipperIsUsedAgainAfterDeepInput(t *testing.T) {
	var s Skipper
	for _, p := range []Protocol{Binary, JSON, Compact} {
		for _, depth := range []int{5000, 70, 65, 64, 1, 3000} {
			b := nested(p, depth)
			s.Reset(p, Limits{Depth: 5000})
			for _, cut := range []int{len(b) / 2, len(b)} {
				n, err := s.Skip(bytes.Clone(b[:cut]))
				if whole := cut == len(b); err != nil || whole != (n == len(b)) {
					t.Fatalf("%s: %d levels, %d of %d bytes: %d, %v", p, depth, cut, len(b), n, err)
				}
			}
		}
	}
}
