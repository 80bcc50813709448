package wire

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"
)

func TestExceptionRoundTrip(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		for _, code := range []int32{0, 1, 11, -1, math.MaxInt32, math.MinInt32} {
			for _, text := range []string{"", "plain", "\"\\\n\x01é\xff"} {
				b := AppendException([]byte("before"), p, "n", -5, code, text)[len("before"):]
				h, err := ParseHeader(p, b, 0)
				if err != nil || h.Type != Exception || h.SeqID != -5 {
					t.Fatalf("%s: %+v, %v", p, h, err)
				}
				body, err := Body(p, b[h.Size:])
				if err != nil {
					t.Fatal(err)
				}
				gotCode, gotText, err := ParseException(p, body)
				if gotCode != code || gotText != text || err != nil {
					t.Errorf("%s: %d %q, %v; want %d %q", p, gotCode, gotText, err, code, text)
				}
			}
		}
	}
}

func TestParseExceptionForms(t *testing.T) {
	for _, c := range []struct {
		name     string
		protocol Protocol
		body     string
		code     int32
		text     string
	}{
		{"empty", Binary, "\x00", 0, ""},
		{"other order", Binary, "\x08\x00\x02\x00\x00\x00\x06\x0b\x00\x01\x00\x00\x00\x01x\x00", 6, "x"},
		{"unknown fields", Binary, "\x0c\x00\x03\x0f\x00\x01\x0b\x00\x00\x00\x01\x00\x00\x00\x01y\x00\x02\x00\x04\x01\x08\x00\x02\x00\x00\x00\x06\x00", 6, ""},
		{"known ids with other types", Binary, "\x08\x00\x01\x00\x00\x00\x09\x0b\x00\x02\x00\x00\x00\x01x\x00", 0, ""},
		{"empty", Compact, "\x00", 0, ""},
		{"other order in long form", Compact, "\x25\x0c\x08\x02\x01x\x00", 6, "x"},
		{"unknown fields", Compact, "\x31\x12\x1c\x19\x18\x01y\x00\x05\x04\x0c\x00", 6, ""},
		{"empty", JSON, "{}", 0, ""},
		{"other order", JSON, `{"2":{"i32":6},"1":{"str":"\u0078"}}`, 6, "x"},
		{"unknown fields", JSON, `{"3":{"rec":{"1":{"lst":["str",1,"}"]}}},"2":{"i32":6},"-4":{"tf":1}}`, 6, ""},
		{"known ids with other types", JSON, `{"1":{"i32":9},"2":{"str":"x"}}`, 0, ""},
		{"white space", JSON, ` { "2" : { "i32" : 6 } , "1" : { "str" : "x" } } `, 6, "x"},
	} {
		t.Run(c.protocol.String()+"/"+c.name, func(t *testing.T) {
			code, text, err := ParseException(c.protocol, []byte(c.body))
			if code != c.code || text != c.text || err != nil {
				t.Errorf("%d %q, %v", code, text, err)
			}
			size := len(bytes.TrimRight([]byte(c.body), " "))
			for n := range size {
				if _, _, err := ParseException(c.protocol, []byte(c.body[:n])); !errors.Is(err, ErrTruncated) {
					t.Errorf("%d bytes: %v", n, err)
				}
			}
		})
	}
}

func TestParseExceptionRefusesWhatIsBehind(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		body := append(AppendExceptionBody(nil, p, 6, "x"), "rest"...)
		code, text, err := ParseException(p, body)
		if want := (&Error{Kind: Trailing, What: "the exception", Offset: len(body) - 4, Seen: 4}); code != 0 || text != "" || !reflect.DeepEqual(err, want) {
			t.Errorf("%v: %d %q, %v", p, code, text, err)
		}
	}
}

func TestParseExceptionErrors(t *testing.T) {
	for _, c := range []struct {
		protocol Protocol
		body     string
	}{
		{0, "\x00"},
		{Binary, "\x07\x00\x01\x00"},
		{Binary, "\x0b\x00\x03\xff\xff\xff\xff"},
		{Compact, "\x1f\x00"},
		{Compact, "\x25\xff\xff\xff\xff\xff\xff\x00"},
		{JSON, "[]"},
		{JSON, `{"x":{"str":""}}`},
		{JSON, `{"40000":{"str":""}}`},
		{JSON, `{"1":"text"}`},
		{JSON, `{"1":{"str":"\q"}}`},
		{JSON, `{"2":{"i32":"6"}}`},
		{JSON, `{"2":{"i32":6}]`},
		{JSON, `{"2":{"i32":6} "1"`},
	} {
		code, text, err := ParseException(c.protocol, []byte(c.body))
		if e := new(Error); !errors.As(err, &e) || e.Kind != Malformed {
			t.Errorf("%s %q: %d %q, %v", c.protocol, c.body, code, text, err)
		}
	}
	// The binary length is checked against what is there, not against a limit.
	if _, _, err := ParseException(Binary, []byte("\x0b\x00\x01\x7f\xff\xff\xffx")); !errors.Is(err, ErrTruncated) {
		t.Errorf("text of 2 GiB: %v", err)
	}
	if _, _, err := ParseException(Binary, []byte("\x0b\x00\x01\xff\xff\xff\xffx")); err == nil {
		t.Error("negative text length was read")
	}
}

func TestFailed(t *testing.T) {
	for _, c := range []struct {
		protocol   Protocol
		body       string
		id         int16
		ok, failed bool
	}{
		{Binary, "\x0b\x00\x00\x00\x00\x00\x01x\x00", 0, true, false},
		{Binary, "\x0c\x00\x01\x00\x00", 1, true, true},
		{Binary, "\x0c\xff\xff\x00\x00", -1, true, true},
		{Binary, "\x00", 0, false, false},
		{Binary, "\x0b\x00", 0, false, false},
		{Binary, "", 0, false, false},
		{Compact, "\x08\x00\x01x\x00", 0, true, false},
		{Compact, "\x1c\x00\x00", 1, true, true},
		{Compact, "\x0c\x28\x00\x00", 20, true, true},
		{Compact, "\x00", 0, false, false},
		{Compact, "\x0c", 0, false, false},
		{JSON, `{"0":{"str":"x"}}`, 0, true, false},
		{JSON, `{"1":{"rec":{}}}`, 1, true, true},
		{JSON, `{}`, 0, false, false},
		{JSON, `{"1"`, 0, false, false},
		{JSON, `{"a":`, 0, false, false},
		{0, "\x0c\x00\x01", 0, false, false},
	} {
		id, ok := FirstField(c.protocol, []byte(c.body))
		if ok != c.ok || ok && id != c.id {
			t.Errorf("%s %q: first field %d, %t", c.protocol, c.body, id, ok)
		}
		if failed := Failed(c.protocol, []byte(c.body)); failed != c.failed {
			t.Errorf("%s %q: failed %t", c.protocol, c.body, failed)
		}
	}
}

// The bytes are those that other programs read; they may not change.
func TestMarkedExceptionsAreGolden(t *testing.T) {
	for _, c := range []struct {
		protocol Protocol
		notRun   NotRun
		body     string
	}{
		{Binary, MayHaveRun, "\x0b\x00\x01\x00\x00\x00\x04full\x08\x00\x02\x00\x00\x00\x65\x00"},
		{Binary, SendAgain, "\x0b\x00\x01\x00\x00\x00\x04full\x08\x00\x02\x00\x00\x00\x65\x08\x0b\xb8\x00\x00\x00\x01\x00"},
		{Binary, DoNotSendAgain, "\x0b\x00\x01\x00\x00\x00\x04full\x08\x00\x02\x00\x00\x00\x65\x08\x0b\xb8\x00\x00\x00\x02\x00"},
		{Compact, MayHaveRun, "\x18\x04full\x15\xca\x01\x00"},
		{Compact, SendAgain, "\x18\x04full\x15\xca\x01\x05\xf0\x2e\x02\x00"},
		{Compact, DoNotSendAgain, "\x18\x04full\x15\xca\x01\x05\xf0\x2e\x04\x00"},
		{JSON, MayHaveRun, `{"1":{"str":"full"},"2":{"i32":101}}`},
		{JSON, SendAgain, `{"1":{"str":"full"},"2":{"i32":101},"3000":{"i32":1}}`},
		{JSON, DoNotSendAgain, `{"1":{"str":"full"},"2":{"i32":101},"3000":{"i32":2}}`},
	} {
		if b := AppendMarkedException(nil, c.protocol, 101, "full", c.notRun); string(b) != c.body {
			t.Errorf("%v, %v: wrote %q, want %q", c.protocol, c.notRun, b, c.body)
		}
		code, text, n, err := ParseMarkedException(c.protocol, []byte(c.body))
		if code != 101 || text != "full" || n != c.notRun || err != nil {
			t.Errorf("%v, %v: read %d %q %v, %v", c.protocol, c.notRun, code, text, n, err)
		}
		if b := AppendExceptionBody(nil, c.protocol, 101, "full"); c.notRun == MayHaveRun && string(b) != c.body {
			t.Errorf("%v: an exception without a mark became %q", c.protocol, b)
		}
	}
}

func TestOnlyTheTwoMarksMeanNotRun(t *testing.T) {
	for _, c := range []struct {
		name     string
		protocol Protocol
		body     string
		want     NotRun
	}{
		{"zero", Binary, "\x08\x0b\xb8\x00\x00\x00\x00\x00", MayHaveRun},
		{"three", Binary, "\x08\x0b\xb8\x00\x00\x00\x03\x00", MayHaveRun},
		{"negative", Binary, "\x08\x0b\xb8\xff\xff\xff\xff\x00", MayHaveRun},
		{"one in the lowest byte", Binary, "\x08\x0b\xb8\x00\x00\x01\x01\x00", MayHaveRun},
		{"a byte", Binary, "\x03\x0b\xb8\x01\x00", MayHaveRun},
		{"the last counts", Binary, "\x08\x0b\xb8\x00\x00\x00\x01\x08\x0b\xb8\x00\x00\x00\x07\x00", MayHaveRun},
		{"before the others", Binary, "\x08\x0b\xb8\x00\x00\x00\x02\x08\x00\x02\x00\x00\x00\x65\x00", DoNotSendAgain},
		{"three", Compact, "\x05\xf0\x2e\x06\x00", MayHaveRun},
		{"a bool", Compact, "\x01\xf0\x2e\x00", MayHaveRun},
		{"three", JSON, `{"3000":{"i32":3}}`, MayHaveRun},
		{"a text", JSON, `{"3000":{"str":"1"}}`, MayHaveRun},
		{"two", JSON, `{"3000":{"i32":2}}`, DoNotSendAgain},
	} {
		if _, _, n, err := ParseMarkedException(c.protocol, []byte(c.body)); n != c.want || err != nil {
			t.Errorf("%v, %s: %v, %v; want %v", c.protocol, c.name, n, err, c.want)
		}
	}
}
