package wire

import (
	"bytes"
	"errors"
	"testing"
)

var protocols = [...]Protocol{Binary, Compact, JSON}

// addMessages seeds with each unframed vector.
func addMessages(f *testing.F, add func(p Protocol, v vector)) {
	for _, v := range thriftVectors(f, "unframed") {
		p, _ := v.form(f)
		add(p, v)
	}
}

// mustBeError fails for an error of another type, or one that points outside.
func mustBeError(t *testing.T, err error, size int) {
	t.Helper()
	e := new(Error)
	if err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > size) {
		t.Fatalf("error %#v for %d bytes", err, size)
	}
}

func FuzzParseHeader(f *testing.F) {
	addMessages(f, func(p Protocol, v vector) { f.Add(byte(p), v.bytes) })
	f.Fuzz(func(t *testing.T, protocol byte, b []byte) {
		p := protocols[int(protocol)%len(protocols)]
		h, err := ParseHeader(p, b, 0)
		mustBeError(t, err, len(b))
		if err != nil || h.Size == 0 {
			return
		}
		for n := range h.Size {
			if part, err := ParseHeader(p, b[:n:n], 0); part.Size != 0 || err != nil {
				t.Fatalf("%d of %d bytes: size %d, %v", n, h.Size, part.Size, err)
			}
		}
		again := appendForm(nil, p, h.Old, h.Type, string(h.Name), h.SeqID)
		if len(again) != HeaderLen(p, h.Old, h.Name, h.SeqID) {
			t.Fatalf("HeaderLen is not the %d bytes of %q", len(again), again)
		}
		// Only binary headers have one form alone, but for an ignored byte.
		if p == Binary && (h.Old || b[2] == 0) && !bytes.Equal(again, b[:h.Size]) {
			t.Fatalf("%x, not %x", again, b[:h.Size])
		}
		h2, err := ParseHeader(p, again, 0)
		if err != nil || h2.Size != len(again) || h2.Type != h.Type || h2.SeqID != h.SeqID || !bytes.Equal(h2.Name, h.Name) {
			t.Fatalf("%+v became %+v, %v", h, h2, err)
		}
	})
}

func FuzzRewrite(f *testing.F) {
	addMessages(f, func(p Protocol, v vector) { f.Add(byte(p), v.bytes, uint8(4), "Foo:bar", int32(5)) })
	f.Fuzz(func(t *testing.T, protocol byte, b []byte, room uint8, name string, seqid int32) {
		p := protocols[int(protocol)%len(protocols)]
		h, err := ParseHeader(p, b, 0)
		if err != nil || h.Size == 0 {
			return
		}
		buf := append(make([]byte, room), b...)
		start, err := Rewrite(buf, int(room), h, name, seqid)
		if !bytes.Equal(buf[int(room)+h.Size:], b[h.Size:]) {
			t.Fatal("the body has changed")
		}
		want := appendForm(nil, p, h.Old, h.Type, name, seqid)
		if err != nil {
			if len(want) <= int(room)+h.Size {
				t.Fatalf("%d bytes fit into %d+%d: %v", len(want), room, h.Size, err)
			}
			return
		}
		if got := buf[start : int(room)+h.Size]; !bytes.Equal(got, want) {
			t.Fatalf("%q, not %q", got, want)
		}
	})
}

func FuzzSkip(f *testing.F) {
	for _, c := range skipCases(f) {
		f.Add(byte(c.protocol), []byte(c.bytes), uint8(1))
	}
	for _, p := range protocols {
		f.Add(byte(p), nested(p, DefaultDepth+1), uint8(7))
	}
	f.Fuzz(func(t *testing.T, protocol byte, b []byte, step uint8) {
		p := protocols[int(protocol)%len(protocols)]
		lim := Limits{Message: 4096, Depth: 70}
		var s Skipper
		s.Reset(p, lim)
		n, err := s.Skip(b)
		mustBeError(t, err, len(b))
		if n < 0 || n > len(b) || n > 0 && err != nil {
			t.Fatalf("%d of %d bytes, %v", n, len(b), err)
		}
		s.Reset(p, lim)
		for end := 0; ; end = min(end+1+int(step%16), len(b)) {
			part, partErr := s.Skip(bytes.Clone(b[:end]))
			if part == 0 && partErr == nil && end < len(b) {
				continue
			}
			if part != n || (partErr == nil) != (err == nil) {
				t.Fatalf("%d of %d bytes: %d, %v; whole: %d, %v", end, len(b), part, partErr, n, err)
			}
			return
		}
	})
}

func FuzzMessage(f *testing.F) {
	addMessages(f, func(p Protocol, v vector) { f.Add(byte(p), v.bytes, uint8(3)) })
	f.Fuzz(func(t *testing.T, protocol byte, b []byte, step uint8) {
		p := protocols[int(protocol)%len(protocols)]
		var m MessageReader
		m.Reset(p, Limits{Message: 4096})
		h, end, n, err := m.Next(b)
		mustBeError(t, err, len(b))
		if n < 0 || n > len(b) || n > 0 && (h.Size > end || end > n) {
			t.Fatalf("header %d, body %d, message %d of %d bytes", h.Size, end, n, len(b))
		}
		m.Reset(p, Limits{Message: 4096})
		for i := 0; ; i = min(i+1+int(step%16), len(b)) {
			part, partEnd, partN, partErr := m.Next(bytes.Clone(b[:i]))
			if partN == 0 && partErr == nil && i < len(b) {
				continue
			}
			if partN != n || partEnd != end || (partErr == nil) != (err == nil) || n > 0 && !bytes.Equal(part.Name, h.Name) {
				t.Fatalf("%d of %d bytes: %d, %v; whole: %d, %v", i, len(b), partN, partErr, n, err)
			}
			return
		}
	})
}

func FuzzSniff(f *testing.F) {
	for _, v := range append(thriftVectors(f), readVectors(f, "testdata/thriftmux-vectors.json")...) {
		f.Add(v.bytes[:min(len(v.bytes), 512)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), 2048)]
		_, _, err := sniffBytewise(t, b, Limits{})
		mustBeError(t, err, len(b))
		Guess(b)
		SniffReply(b)
	})
}

func FuzzParseException(f *testing.F) {
	for _, p := range protocols {
		f.Add(byte(p), AppendExceptionBody(nil, p, 6, "a \"text\""))
	}
	for _, c := range skipCases(f) {
		f.Add(byte(c.protocol), []byte(c.bytes))
	}
	f.Fuzz(func(t *testing.T, protocol byte, b []byte) {
		p := protocols[int(protocol)%len(protocols)]
		code, text, err := ParseException(p, b)
		mustBeError(t, err, len(b))
		Failed(p, b)
		if err != nil {
			return
		}
		again := AppendExceptionBody(nil, p, code, text)
		if code2, text2, err := ParseException(p, again); code2 != code || text2 != text || err != nil {
			t.Fatalf("%d %q became %d %q, %v", code, text, code2, text2, err)
		}
	})
}
