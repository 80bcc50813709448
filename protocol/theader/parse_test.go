package theader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// frame is a frame without its length word around the given header bytes, which
// are padded to whole words.
func frame(header string) []byte {
	for len(header)%wordSize != 0 {
		header += "\x00"
	}
	b := binary.BigEndian.AppendUint16(nil, Magic)
	b = append(b, 0x12, 0x34, 0xff, 0xff, 0xff, 0xfb)
	b = binary.BigEndian.AppendUint16(b, uint16(len(header)/wordSize))
	return append(b, header...)
}

func TestParseHeaderFields(t *testing.T) {
	h, payload, err := Parse(append(frame("\x01\x00"), "[1]"...), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if h.Flags != 0x1234 || h.SeqID != -5 || h.Protocol != wire.JSON || h.Zlib || h.Size != 14 {
		t.Errorf("header %+v", h)
	}
	if string(payload) != "[1]" {
		t.Errorf("payload %q", payload)
	}
	if h.OutOfOrder() {
		t.Error("flags 0x1234 read as out of order")
	}
	if h.Flags |= FlagOutOfOrder; !h.OutOfOrder() {
		t.Error("flag 0x01 not read as out of order")
	}
}

func TestParseInfo(t *testing.T) {
	many := "\x00\x00\x01\x80\x02" + strings.Repeat("\x01k\x01v", 256)
	for _, tt := range []struct {
		name, header, want string
	}{
		{"no info at all", "\x00\x00", ""},
		{"two pairs of one block", "\x00\x00\x01\x02\x01a\x01b\x01c\x01d", "a=b c=d"},
		{"two blocks", "\x00\x00\x01\x01\x01a\x01b\x01\x01\x01c\x01d", "a=b c=d"},
		{"a repeated key is kept", "\x00\x00\x01\x02\x01a\x01b\x01a\x01d", "a=b a=d"},
		{"persistent pairs count as pairs", "\x00\x00\x02\x01\x01a\x01b", "a=b"},
		{"empty key and value", "\x00\x00\x01\x01\x00\x00", "="},
		{"an empty block goes before another", "\x00\x00\x01\x00\x01\x01\x01a\x01b", "a=b"},
		{"an unknown block ends the reading", "\x00\x00\x01\x01\x01a\x01b\x07\x01\x01c\x01d", "a=b"},
		{"padding ends the reading", "\x00\x00\x01\x01\x01a\x01b\x00\x01\x01\x01c\x01d", "a=b"},
		{"transform 0 is none", "\x00\x01\x00\x01\x01\x01a\x01b", "a=b"},
		{"a count of two bytes", many, strings.TrimSpace(strings.Repeat("k=v ", 256))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, _, err := Parse(frame(tt.header), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got := pairs(&h.Info); got != tt.want {
				t.Errorf("pairs %q, want %q", got, tt.want)
			}
			if n := strings.Count(tt.want, "="); h.Info.Len() != n {
				t.Errorf("Len %d, want %d", h.Info.Len(), n)
			}
			again, err := Append(nil, h, nil)
			if err != nil {
				t.Fatal(err)
			}
			back, _, err := Parse(again[lengthSize:], Limits{})
			if err != nil || pairs(&back.Info) != tt.want || back.Flags != h.Flags || back.SeqID != h.SeqID {
				t.Errorf("written and read again: %+v, %v", back, err)
			}
		})
	}
}

func TestInfoAllStops(t *testing.T) {
	h, _, err := Parse(frame("\x00\x00\x01\x02\x01a\x01b\x01c\x01d"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for range h.Info.All {
		seen++
		break
	}
	if seen != 1 {
		t.Errorf("%d pairs after a break at the first", seen)
	}
}

func TestParseFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		frame []byte
		lim   Limits
		want  string
	}{
		{"another magic", []byte("\x0f\xfe\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"), Limits{}, "magic"},
		{"an empty frame", nil, Limits{}, "header"},
		{"a header of no words", frame(""), Limits{}, "protocol id"},
		{"no count of transforms", frame("\x80\x80\x80\x00"), Limits{}, "count of transforms"},
		{"a varint without an end", frame("\xff\xff\xff\xff"), Limits{}, "protocol id"},
		{"a varint over 31 bits", frame("\x80\x80\x80\x80\x08\x00"), Limits{}, "protocol id"},
		{"more transforms than bytes", frame("\x00\x03\x00\x00"), Limits{}, "count of transforms"},
		{"more pairs than bytes", frame("\x00\x00\x01\x7f"), Limits{}, "count of key-values"},
		{"a key over the header's end", frame("\x00\x00\x01\x01\x05a\x00\x00"), Limits{}, "key"},
		{"a value over the header's end", frame("\x00\x00\x01\x01\x01a\x01\x00\x01\x01\x01a\x09"), Limits{}, "value"},
		{"header over its limit", frame("\x00\x00\x00\x00\x00"), Limits{Header: 4}, "limit of 4"},
		{"pairs over their limit", frame("\x00\x00\x01\x02\x00\x00\x00\x00"), Limits{Pairs: 1}, "limit of 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, _, err := Parse(tt.frame, tt.lim)
			var fault *wire.Error
			if !errors.As(err, &fault) {
				t.Fatalf("error %v, want a *wire.Error", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want %q in it", err, tt.want)
			}
			if h.Size != 0 {
				t.Errorf("a usable header %+v beside an error", h)
			}
		})
	}
}

func TestLimitsAtTheirEdge(t *testing.T) {
	b := frame("\x00\x00\x01\x02\x00\x00\x00\x00")
	for _, lim := range []Limits{{Header: 8, Pairs: 2}, {Header: -1, Pairs: -1}, {}} {
		if _, _, err := Parse(b, lim); err != nil {
			t.Errorf("%+v: %v", lim, err)
		}
	}
	// The size is refused on the prelude alone, before the header is there.
	if _, err := ParseHeader(frame(strings.Repeat("\x00", DefaultHeaderBytes+4))[:PreludeSize], Limits{}); err == nil {
		t.Error("a header over the default was waited for")
	}
}

func TestParseUnsupported(t *testing.T) {
	for _, tt := range []struct {
		name, header, what string
		id                 uint32
	}{
		{"protocol", "\x03\x00\x01\x01\x01a\x01b", "protocol", 3},
		{"transform", "\x02\x02\x01\x03\x01\x01\x01a\x01b", "transform", 3},
		{"zlib twice", "\x02\x02\x01\x01\x01\x01\x01a\x01b", "transform", 1},
		{"both: the protocol is named", "\x07\x01\x05\x01\x01\x01a\x01b", "protocol", 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, payload, err := Parse(append(frame(tt.header), "body"...), Limits{})
			var u *UnsupportedError
			if !errors.As(err, &u) || u.What != tt.what || u.ID != tt.id || !strings.Contains(err.Error(), tt.what) {
				t.Fatalf("error %v", err)
			}
			if h.SeqID != -5 || pairs(&h.Info) != "a=b" || string(payload) != "body" {
				t.Errorf("header %+v, payload %q", h, payload)
			}
		})
	}
}

func TestTruncationAtEachByte(t *testing.T) {
	for _, v := range readVectors(t) {
		b := v.bytes(t)[lengthSize:]
		whole, payload, err := Parse(b, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for n := range whole.Size {
			if h, err := ParseHeader(b[:n], Limits{}); err != nil || h.Size != 0 {
				t.Fatalf("%s cut to %d: %+v, %v, want the call for more", v.Name, n, h, err)
			}
			if _, _, err := Parse(b[:n], Limits{}); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut to %d as a whole frame: %v", v.Name, n, err)
			}
		}
		for n := whole.Size; n <= len(b); n++ {
			if h, err := ParseHeader(b[:n], Limits{}); err != nil || h.Size != whole.Size {
				t.Fatalf("%s cut to %d: %+v, %v", v.Name, n, h, err)
			}
		}
		if !v.zlib() {
			continue
		}
		for n := range payload {
			if out, err := Inflate([]byte("kept"), payload[:n], 1<<20); !errors.Is(err, io.ErrUnexpectedEOF) || string(out) != "kept" {
				t.Fatalf("%s payload cut to %d: %q, %v", v.Name, n, out, err)
			}
		}
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	bare, full := frame("\x00\x00"), frame("\x00\x00\x01\x02\x01a\x01b\x01c\x01d")
	n := testing.AllocsPerRun(100, func() {
		if _, _, err := Parse(bare, Limits{}); err != nil {
			t.Error(err)
		}
		h, _, err := Parse(full, Limits{})
		if err != nil {
			t.Error(err)
		}
		for key, value := range h.Info.All {
			if !bytes.ContainsAny(key, "ac") || len(value) != 1 {
				t.Error("another pair")
			}
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
