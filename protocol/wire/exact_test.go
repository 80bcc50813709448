package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestExactStruct(t *testing.T) {
	for _, c := range skipCases(t) {
		t.Run(c.protocol.String()+"/"+c.name, func(t *testing.T) {
			body := []byte(c.bytes)
			if err := ExactStruct(c.protocol, body, Limits{}); err != nil {
				t.Errorf("whole: %v", err)
			}
			size := len(strings.TrimRight(c.bytes, " "))
			for cut := range size {
				if err := ExactStruct(c.protocol, body[:cut:cut], Limits{}); !errors.Is(err, ErrTruncated) {
					t.Errorf("%d bytes: %v", cut, err)
				}
			}
			for _, rest := range []string{"\x00", "{}", "]", "the next message"} {
				err := ExactStruct(c.protocol, append(body[:size:size], rest...), Limits{})
				if want := (&Error{Kind: Trailing, What: "the struct", Offset: size, Seen: int64(len(rest))}); !reflect.DeepEqual(err, want) {
					t.Errorf("with %q behind: %v", rest, err)
				}
			}
		})
	}
}

func TestExactStructOfGoldenMessages(t *testing.T) {
	for _, v := range thriftVectors(t, "unframed") {
		p, _ := v.form(t)
		h, err := ParseHeader(p, v.bytes, 0)
		if err != nil {
			t.Fatal(err)
		}
		body, err := Body(p, v.bytes[h.Size:])
		if err != nil {
			t.Fatal(err)
		}
		if err := ExactStruct(p, body, Limits{}); err != nil {
			t.Errorf("%s: %v", v.title(), err)
		}
		// A second call in the same frame.
		two := append(bytes.Clone(v.bytes), v.bytes...)
		if body, err = Body(p, two[h.Size:]); err != nil {
			t.Fatal(err)
		}
		if e := (*Error)(nil); !errors.As(ExactStruct(p, body, Limits{}), &e) || e.Kind != Trailing {
			t.Errorf("%s, twice: %v", v.title(), e)
		}
	}
}

func TestExactStructKeepsTheDepth(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		for _, tt := range []struct{ limit, depth int }{{0, DefaultDepth}, {5, 5}, {1000, 1000}} {
			if err := ExactStruct(p, nested(p, tt.depth), Limits{Depth: tt.limit}); err != nil {
				t.Errorf("%v, limit %d: %v", p, tt.limit, err)
			}
			e := (*Error)(nil)
			if err := ExactStruct(p, nested(p, tt.depth+1), Limits{Depth: tt.limit}); !errors.As(err, &e) || !e.TooLarge() {
				t.Errorf("%v, limit %d, one more: %v", p, tt.limit, err)
			}
		}
	}
}

func TestExactStructTakesNoMemory(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		b := nested(p, DefaultDepth)
		allocates(t, p.String(), func() {
			if err := ExactStruct(p, b, Limits{}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func BenchmarkExactStruct(b *testing.B) {
	body := AppendExceptionBody(nil, Binary, 6, strings.Repeat("x", 100))
	for b.Loop() {
		if err := ExactStruct(Binary, body, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
