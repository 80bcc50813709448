package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestMessageLimits(t *testing.T) {
	for _, v := range thriftVectors(t, "unframed") {
		p, _ := v.form(t)
		var m MessageReader
		m.Reset(p, Limits{Message: len(v.bytes)})
		if _, _, n, err := m.Next(append(bytes.Clone(v.bytes), "more"...)); n != len(v.bytes) || err != nil {
			t.Errorf("%s with its size as limit: %d, %v", v.title(), n, err)
		}
		m.Reset(p, Limits{Message: len(v.bytes) - 1})
		_, _, n, err := m.Next(v.bytes)
		if e := new(Error); !errors.As(err, &e) || !e.TooLarge() {
			t.Errorf("%s with a limit of %d: %d, %v", v.title(), len(v.bytes)-1, n, err)
		}
		if _, _, n, err := m.Next(v.bytes[:len(v.bytes)-1]); n != 0 || err == nil {
			t.Errorf("%s is still awaited at its limit of %d: %v", v.title(), len(v.bytes)-1, err)
		}
	}
}

func TestMessageHeaderOverTheLimit(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		b := AppendHeader(nil, p, Call, "FooApi:echo", 1)
		var m MessageReader
		for _, size := range []int{len(b), len(b) - 1} {
			m.Reset(p, Limits{Message: len(b) - 1})
			_, _, n, err := m.Next(b[:size])
			if e := new(Error); !errors.As(err, &e) || !e.TooLarge() || e.Limit != int64(len(b)-1) {
				t.Errorf("%s: header of %d bytes: %d, %v", p, size, n, err)
			}
		}
	}
}

func TestMessageHeaderIsKnownBeforeItsEnd(t *testing.T) {
	for _, p := range []Protocol{Binary, Compact, JSON} {
		head := AppendHeader(nil, p, Call, "Foo:bar", 7)
		var m MessageReader
		m.Reset(p, Limits{})
		for range 2 {
			h, _, n, err := m.Next(bytes.Clone(head))
			if string(h.Name) != "Foo:bar" || h.Size != len(head) || n != 0 || err != nil {
				t.Errorf("%s: %q, size %d, n %d, %v", p, h.Name, h.Size, n, err)
			}
		}
		h, _, n, err := m.Next(append(bytes.Clone(head), 0x7e))
		if string(h.Name) != "Foo:bar" || n != 0 || err == nil {
			t.Errorf("%s: header %q with a broken body, n %d, %v", p, h.Name, n, err)
		}
	}
}

func TestMessageOverTheLimitIsRefusedBeforeItsBytesCome(t *testing.T) {
	b := AppendHeader(nil, Binary, Call, "n", 1)
	b = append(b, binString, 0, 1, 0, 0xff, 0xff, 0xff)
	var m MessageReader
	m.Reset(Binary, Limits{Message: 1 << 20})
	h, _, _, err := m.Next(b)
	e := new(Error)
	if !errors.As(err, &e) || e.Seen != 1<<24-1 || e.Offset != 16 || h.Size == 0 {
		t.Errorf("header of %d bytes, %v", h.Size, err)
	}
}

func TestJSONMessageEnd(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int // 0: error
	}{
		{`[1,"n",1,1,{}]`, 14},
		{`[1,"n",1,1, {} ]x`, 16},
		{`[1,"n",1,1,{}}`, 0},
		{`[1,"n",1,1,{},`, 0},
	} {
		var m MessageReader
		m.Reset(JSON, Limits{})
		h, end, n, err := m.Next([]byte(c.text))
		if n != c.n || (err != nil) != (c.n == 0) {
			t.Errorf("%s: %d, %v", c.text, n, err)
		}
		if n > 0 && strings.TrimSpace(c.text[h.Size:end]) != "{}" {
			t.Errorf("%s: body %q", c.text, c.text[h.Size:end])
		}
	}
}

// White space behind the body is looked at once, however it comes in.
func TestJSONMessageEndAfterMuchSpace(t *testing.T) {
	var m MessageReader
	m.Reset(JSON, Limits{})
	b := []byte(`[1,"x",1,7,{}`)
	for range 3 {
		for range 100 {
			b = append(b, " \t\r\n"...)
			if _, _, n, err := m.Next(b); n != 0 || err != nil || m.spaceEnd != len(b) {
				t.Fatalf("%d bytes: %d, %v, looked at %d", len(b), n, err, m.spaceEnd)
			}
		}
		whole := append(bytes.Clone(b), ']')
		h, end, n, err := m.Next(whole)
		if h.SeqID != 7 || string(whole[h.Size:end]) != "{}" || n != len(whole) || err != nil {
			t.Fatalf("seqid %d, struct to %d, %d, %v", h.SeqID, end, n, err)
		}
		b = b[:len(`[1,"x",1,7,{}`)]
	}
}

func TestEscapedNamesOutliveTheirMessage(t *testing.T) {
	b := []byte(`[1,"\u0041b",1,1,{}]`)
	var m MessageReader
	m.Reset(JSON, Limits{})
	if _, _, n, err := m.Next(b[:len(b)-1]); n != 0 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	h, _, n, err := m.Next(b)
	clear(b)
	if string(h.Name) != "Ab" || n != len(b) || err != nil {
		t.Errorf("name %q, %d, %v", h.Name, n, err)
	}
}

func TestBody(t *testing.T) {
	for _, c := range []struct {
		protocol   Protocol
		rest, want string
		ok         bool
	}{
		{Binary, "\x00]", "\x00]", true},
		{Compact, "\x00]", "\x00]", true},
		{JSON, "{}]", "{}", true},
		{JSON, "{}] \r\n", "{}", true},
		{JSON, "]", "", true},
		{JSON, "{}", "", false},
		{JSON, "", "", false},
	} {
		body, err := Body(c.protocol, []byte(c.rest))
		if string(body) != c.want || (err == nil) != c.ok {
			t.Errorf("%s %q: %q, %v", c.protocol, c.rest, body, err)
		}
	}
	for p, want := range map[Protocol]string{Binary: "x", Compact: "x", JSON: "x]"} {
		if got := AppendEnd([]byte("x"), p); string(got) != want {
			t.Errorf("%s ends with %q", p, got)
		}
	}
}
