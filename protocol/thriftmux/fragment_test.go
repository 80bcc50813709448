package thriftmux

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestFragmentVectors(t *testing.T) {
	for _, tt := range []struct {
		prefix string
		count  int
		window int
		whole  string
	}{
		{"fragmented-request-", 6, 48, "fragmented-request-assembled"},
		{"fragmented-reply-", 2, 20, ""},
	} {
		var a Assembler
		var frames, body []byte
		for i := 1; i <= tt.count; i++ {
			b := frameOf(t, tt.prefix+strconv.Itoa(i))
			frames = append(frames, b...)
			f, _, err := ParseFrame(b, 0)
			if err != nil {
				t.Fatal(err)
			}
			var done bool
			if body, done, err = a.Add(f); err != nil || done != (i == tt.count) {
				t.Fatalf("%s%d: done %v, %v", tt.prefix, i, done, err)
			}
		}
		if a.Len() != 0 || a.Size() != 0 {
			t.Errorf("%d messages of %d bytes remain", a.Len(), a.Size())
		}
		if tt.whole != "" && !bytes.Equal(body, bodyOf(t, tt.whole)) {
			t.Errorf("assembled %x", body)
		}
		first, _, _ := ParseFrame(frames, 0)
		var cut []byte
		s := Split(first.Type, first.Tag, body, tt.window)
		for more := true; more; {
			cut, more = s.Next(cut)
		}
		if !bytes.Equal(cut, frames) {
			t.Errorf("cut into %x, want %x", cut, frames)
		}
		if out, more := s.Next(cut); more || len(out) != len(cut) || s.Left() != 0 {
			t.Error("Next goes on behind the last frame")
		}
	}
}

func TestSplitSizes(t *testing.T) {
	for _, tt := range []struct {
		typ          Type
		size, window int
		want         []int
	}{
		{Tdispatch, 10, 4, []int{4, 4, 2}},
		{Tdispatch, 8, 4, []int{4, 4}},
		{Rdispatch, 4, 4, []int{4}},
		{Rdispatch, 0, 4, []int{0}},
		{Rdispatch, 10, 0, []int{10}},
		{Rdispatch, 0, 0, []int{0}},
		{Rerr, 10, 4, []int{10}},
	} {
		s := Split(tt.typ, 5, make([]byte, tt.size), tt.window)
		for i, want := range tt.want {
			b, more := s.Next(nil)
			f, n, err := ParseFrame(b, 0)
			if err != nil || n != len(b) || len(f.Body) != want || f.More != more || more != (i < len(tt.want)-1) {
				t.Errorf("%d bytes in windows of %d, frame %d: %+v, more %v, %v", tt.size, tt.window, i, f, more, err)
			}
		}
	}
}

func piece(tag uint32, more bool, body string) Frame {
	return Frame{Type: Tdispatch, Tag: tag, More: more, Body: []byte(body)}
}

func TestAssemblerTakesTurns(t *testing.T) {
	var a Assembler
	var got []string
	for _, f := range []Frame{
		piece(2, true, "a"), piece(3, true, "x"), piece(2, true, "b"),
		piece(4, false, "whole"), {Type: Tping, Tag: 2}, piece(3, false, ""), piece(2, false, "c"),
		piece(2, false, "again"),
	} {
		body, done, err := a.Add(f)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			got = append(got, string(body))
		}
	}
	if s := strings.Join(got, " "); s != "whole  x abc again" {
		t.Errorf("messages %q", s)
	}
}

func TestAssemblerDrop(t *testing.T) {
	var a Assembler
	for _, f := range []Frame{piece(2, true, "old"), piece(3, true, "kept")} {
		if _, _, err := a.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	if !a.Drop(2) || a.Drop(2) || a.Len() != 1 || a.Size() != 4 {
		t.Errorf("%d messages of %d bytes remain", a.Len(), a.Size())
	}
	// A later call on the tag starts clean.
	if body, done, err := a.Add(piece(2, false, "new")); err != nil || !done || string(body) != "new" {
		t.Errorf("%q, %v, %v", body, done, err)
	}
}

func TestAssemblerBounds(t *testing.T) {
	answer := piece(2, true, "a")
	answer.Type = Rdispatch
	for _, tt := range []struct {
		name     string
		a        Assembler
		frames   []Frame
		last     Frame
		tooLarge bool
	}{
		{"whole message over the limit", Assembler{Message: 4}, nil, piece(2, false, "12345"), true},
		{"last piece over the limit", Assembler{Message: 4}, []Frame{piece(2, true, "12")}, piece(2, false, "345"), true},
		{"first piece over the limit", Assembler{Message: 4}, nil, piece(2, true, "12345"), true},
		{"all pieces over the limit", Assembler{Stored: 4}, []Frame{piece(2, true, "12"), piece(3, true, "34")}, piece(2, true, "5"), true},
		{"too many messages", Assembler{Messages: 2}, []Frame{piece(2, true, ""), piece(3, true, "")}, piece(4, true, ""), true},
		{"a piece of another type", Assembler{}, []Frame{answer}, piece(2, true, "b"), false},
		{"a piece of a message never cut", Assembler{}, nil, Frame{Type: Tping, More: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, f := range tt.frames {
				if _, _, err := tt.a.Add(f); err != nil {
					t.Fatal(err)
				}
			}
			_, done, err := tt.a.Add(tt.last)
			var fault *wire.Error
			if !errors.As(err, &fault) || fault.TooLarge() != tt.tooLarge || done {
				t.Fatalf("done %v, %v", done, err)
			}
			if tt.a.Drop(tt.last.Tag) {
				t.Error("the failed message is still stored")
			}
			for _, f := range tt.frames {
				tt.a.Drop(f.Tag)
			}
			if tt.a.Size() != 0 || tt.a.Len() != 0 {
				t.Errorf("%d messages of %d bytes remain", tt.a.Len(), tt.a.Size())
			}
		})
	}
}

func TestAssemblerAtItsBounds(t *testing.T) {
	a := Assembler{Message: 4, Stored: 6, Messages: 2}
	for _, f := range []Frame{piece(2, true, "123"), piece(3, true, "123"), piece(2, false, ""), piece(3, false, ""), piece(2, false, "1234")} {
		if _, _, err := a.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	open := Assembler{Message: -1, Stored: -1, Messages: -1}
	if _, _, err := open.Add(piece(2, true, strings.Repeat("x", DefaultMessage+1))); err != nil {
		t.Error(err)
	}
}
