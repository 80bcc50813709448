package wire

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestHeaderErrors(t *testing.T) {
	long := strings.Repeat("n", 20)
	for _, c := range []struct {
		name     string
		protocol Protocol
		bytes    string
		want     Error // What is a part of the text
	}{
		{"unknown protocol", 0, "", Error{What: "protocol"}},
		{"strict version 2", Binary, "\x80\x02\x00\x01", Error{What: "version 0x8002", Seen: 0x8002}},
		{"strict type 0", Binary, "\x80\x01\x00\x00", Error{What: "message type 0", Offset: 3}},
		{"strict type 5", Binary, "\x80\x01\x00\x05", Error{What: "message type 5", Offset: 3, Seen: 5}},
		{"negative name length", Binary, "\x80\x01\x00\x01\xff\xff\xff\xff", Error{What: "negative name length -1", Offset: 4, Seen: -1}},
		{"name over the limit", Binary, "\x80\x01\x00\x01\x00\x00\x00\x0b", Error{Kind: TooLarge, Offset: 4, Seen: 11, Limit: 10}},
		{"old name over the limit", Binary, "\x00\x00\x00\x0b", Error{Kind: TooLarge, Seen: 11, Limit: 10}},
		{"old type 0", Binary, "\x00\x00\x00\x01n\x00", Error{What: "message type 0", Offset: 5}},
		{"old type 5", Binary, "\x00\x00\x00\x01n\x05", Error{What: "message type 5", Offset: 5, Seen: 5}},
		{"compact id", Compact, "\x81", Error{What: "0x81", Seen: 0x81}},
		{"compact version 2", Compact, "\x82\x22", Error{What: "version 2", Offset: 1, Seen: 2}},
		{"compact type 7", Compact, "\x82\xe1", Error{What: "message type 7", Offset: 1, Seen: 7}},
		{"compact type 0", Compact, "\x82\x01", Error{What: "message type 0", Offset: 1}},
		{"compact seqid of 33 bits", Compact, "\x82\x21\xff\xff\xff\xff\x1f", Error{What: "sequence id", Offset: 2}},
		{"compact seqid of 6 bytes", Compact, "\x82\x21\x80\x80\x80\x80\x80\x00", Error{What: "sequence id", Offset: 2}},
		{"compact name over the limit", Compact, "\x82\x21\x00\x0b", Error{Kind: TooLarge, Offset: 3, Seen: 11, Limit: 10}},
		{"compact name of 4 GiB", Compact, "\x82\x21\x00\xff\xff\xff\xff\x0f", Error{Kind: TooLarge, Offset: 3, Seen: math.MaxUint32, Limit: 10}},
		{"JSON object", JSON, `{`, Error{What: "'{'", Seen: '{'}},
		{"JSON version 2", JSON, `[2,`, Error{What: "version 2", Offset: 1, Seen: 2}},
		{"JSON version as text", JSON, `["1",`, Error{What: "integer", Offset: 1}},
		{"JSON fraction", JSON, `[1.0,`, Error{What: "'.'", Offset: 2, Seen: '.'}},
		{"JSON name a number", JSON, `[1,1`, Error{What: "'1'", Offset: 3, Seen: '1'}},
		{"JSON name over the limit", JSON, `[1,"` + long, Error{Kind: TooLarge, Offset: 4, Seen: 11, Limit: 10}},
		{"JSON name over the limit in escapes", JSON, `[1,"` + strings.Repeat(`\u0041`, 11), Error{Kind: TooLarge, Offset: 4, Seen: 11, Limit: 10}},
		{"JSON name over the limit when decoded", JSON, `[1,"` + strings.Repeat(`\u20ac`, 4) + `",`, Error{Kind: TooLarge, Offset: 4, Seen: 12, Limit: 10}},
		{"JSON escape", JSON, `[1,"\q",`, Error{What: "escape", Offset: 4}},
		{"JSON escape of no digits", JSON, `[1,"\u12zz",`, Error{What: "escape", Offset: 4}},
		{"JSON half escape", JSON, `[1,"\u12",`, Error{What: "escape", Offset: 4}},
		{"JSON type 5", JSON, `[1,"n",5,`, Error{What: "message type 5", Offset: 7, Seen: 5}},
		{"JSON seqid of 33 bits", JSON, `[1,"n",1,2147483648,`, Error{What: "integer", Offset: 9}},
		{"JSON seqid of 12 digits", JSON, `[1,"n",1,000000000001`, Error{What: "integer", Offset: 9}},
		{"JSON lone minus", JSON, `[1,"n",1,-,`, Error{What: "integer", Offset: 9}},
		{"JSON end after the type", JSON, `[1,"n",1]`, Error{What: "']'", Offset: 8, Seen: ']'}},
		{"JSON white space without end", JSON, `[` + strings.Repeat(" ", 123), Error{Kind: TooLarge, Seen: 124, Limit: 124}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := ParseHeader(c.protocol, []byte(c.bytes), 10)
			var got *Error
			if !errors.As(err, &got) || h.Size != 0 {
				t.Fatalf("size %d, error %v", h.Size, err)
			}
			if got.Kind != c.want.Kind || got.Offset != c.want.Offset || got.Seen != c.want.Seen || got.Limit != c.want.Limit || !strings.Contains(got.What, c.want.What) {
				t.Errorf("error %#v", got)
			}
		})
	}
}

func TestJSONHeaderForms(t *testing.T) {
	for _, c := range []struct{ text, name string }{
		{`[1,"n",1,-7,`, "n"},
		{"\r\n[ 1 ,\t\"n\" , 1 , -7 ,", "n"},
		{`[1,"\u0041\n\"\\\/\b\f\r\t",1,-7,`, "A\n\"\\/\b\f\r\t"},
		{`[1,"\u00e9\u20AC\ud83d\ude00",1,-7,`, "é€😀"},
		{`[1,"\ud83d-\ude00",1,-7,`, "\ufffd-\ufffd"},
		{"[1,\"\xff\xfe\",1,-7,", "\xff\xfe"},
	} {
		h, err := ParseHeader(JSON, []byte(c.text+"{}]"), 0)
		if err != nil || string(h.Name) != c.name || h.SeqID != -7 || h.Type != Call || h.Size != len(c.text) {
			t.Errorf("%s: %+v with name %q, %v", c.text, h, h.Name, err)
		}
		for n := range len(c.text) {
			if h, err := ParseHeader(JSON, []byte(c.text[:n]), 0); h.Size != 0 || err != nil {
				t.Errorf("%s: size %d, %v", c.text[:n], h.Size, err)
			}
		}
	}
}

func TestAppendedJSONNamesAreReadBack(t *testing.T) {
	name := "quote \" backslash \\ null \x00 newline \n unit \x1f del \x7f invalid \xff é"
	b := AppendHeader(nil, JSON, Call, name, 1)
	h, err := ParseHeader(JSON, b, 0)
	if err != nil || string(h.Name) != name || h.Size != len(b) || HeaderLen(JSON, false, name, 1) != len(b) {
		t.Errorf("%s: size %d, name %q, %v", b, h.Size, h.Name, err)
	}
}

// A view that could be appended to would let a caller write into the body.
func TestNamesHaveNoRoomBehindThem(t *testing.T) {
	for _, v := range thriftVectors(t, "unframed") {
		p, _ := v.form(t)
		h, err := ParseHeader(p, v.bytes, 0)
		if err != nil || cap(h.Name) != len(h.Name) {
			t.Errorf("%s: name of %d bytes with room for %d, %v", v.title(), len(h.Name), cap(h.Name), err)
		}
	}
}

func TestUnusedByteOfStrictHeadersIsIgnored(t *testing.T) {
	h, err := ParseHeader(Binary, []byte("\x80\x01\xaa\x02\x00\x00\x00\x01n\x00\x00\x00\x09"), 0)
	if err != nil || h.Type != Reply || h.SeqID != 9 || h.Size != 13 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestHeadersOfUnknownProtocols(t *testing.T) {
	if b := AppendHeader([]byte("x"), 9, Call, "n", 1); string(b) != "x" {
		t.Errorf("appended %q", b)
	}
	if n := HeaderLen(9, false, "n", 1); n != 0 {
		t.Errorf("length %d", n)
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		Call.String(): "call", Reply.String(): "reply", Exception.String(): "exception", Oneway.String(): "oneway",
		Type(9).String(): "type(9)",
		Binary.String():  "binary", Compact.String(): "compact", JSON.String(): "json",
		Protocol(0).String(): "unknown", Protocol(9).String(): "protocol(9)",
		Dialect(0).String(): "unknown", Zlib.String(): "zlib", Dialect(99).String(): "dialect(99)",
		Opening{Dialect: Framed, Protocol: Binary, Old: true}.String(): "framed binary, old",
		Opening{Dialect: ProxyV1}.String():                             "proxy-v1",
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
