package thriftmux

import (
	"errors"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestFrameTruncatedAtEachByte(t *testing.T) {
	for _, v := range muxVectors(t) {
		b := unhex(t, v.Hex)
		whole, _, err := ParseFrame(b, 0)
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			f, size, err := ParseFrame(b[:n], 0)
			if err != nil || size != 0 || f.Body != nil {
				t.Fatalf("%s cut to %d: %+v, %d, %v, want the call for more", v.Name, n, f, size, err)
			}
			if n >= FrameOverhead && (f.Type != whole.Type || f.Tag != whole.Tag || f.More != whole.More) {
				t.Fatalf("%s cut to %d: %+v, want type and tag", v.Name, n, f)
			}
		}
	}
}

func TestFrameFaults(t *testing.T) {
	for _, tt := range []struct {
		name, frame string
		max         int
		want        string
		tooLarge    bool
	}{
		{"negative length", "\x80\x00\x00\x00", 0, "negative", false},
		{"no room for type and tag", "\x00\x00\x00\x03", 0, "frame length 3", false},
		{"an empty frame", "\x00\x00\x00\x00", 0, "frame length 0", false},
		{"over the limit, before it is there", "\x00\x00\x00\x0b", 10, "limit of 10", true},
		{"an unknown type, before it is there", "\x00\x00\x00\x08\x03", 0, "type 3", false},
		{"an unknown negative type", "\x00\x00\x00\x04\xc3\x00\x00\x00", 0, "type -61", false},
		{"the first bytes of HTTP", "POST / HTTP/1.1\r\n", 0, "limit", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, n, err := ParseFrame([]byte(tt.frame), tt.max)
			var fault *wire.Error
			if !errors.As(err, &fault) || n != 0 {
				t.Fatalf("size %d, error %v, want a *wire.Error", n, err)
			}
			if tt.frame[0] != 'P' && (fault.TooLarge() != tt.tooLarge || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %q, want %q in it", err, tt.want)
			}
		})
	}
}

func TestFrameTooLargeStillHasItsTag(t *testing.T) {
	f, n, err := ParseFrame([]byte("\x00\x00\x01\x00\x02\x00\x12\x34"), 255)
	var fault *wire.Error
	if !errors.As(err, &fault) || !fault.TooLarge() || n != 0 {
		t.Fatalf("%d, %v", n, err)
	}
	if f.Type != Tdispatch || f.Tag != 0x1234 {
		t.Errorf("frame %+v", f)
	}
}

func TestFrameBothNumbers(t *testing.T) {
	for _, tt := range []struct {
		number byte
		want   Type
		newer  bool
	}{
		{0x7f, Rerr, false}, {0x80, Rerr, true}, {0xc2, Tdiscarded, false}, {0x42, Tdiscarded, true},
	} {
		f, _, err := ParseFrame([]byte{0, 0, 0, 4, tt.number, 0, 0, 1}, 0)
		if err != nil || f.Type != tt.want || f.Newer != tt.newer {
			t.Errorf("number %#x: %+v, %v", tt.number, f, err)
		}
	}
	if got := AppendEmpty(nil, Rerr, 1)[4]; got != 0x7f {
		t.Errorf("Rerr written as %#x", got)
	}
	if got := AppendTdiscarded(nil, 2, "")[4]; got != 0xc2 {
		t.Errorf("Tdiscarded written as %#x", got)
	}
}

func TestFrameTagHas23Bits(t *testing.T) {
	f, _, err := ParseFrame(AppendFrame(nil, Frame{Type: Tdispatch, Tag: 0xffffffff}), 0)
	if err != nil || f.Tag != MaxTag || f.More {
		t.Errorf("%+v, %v", f, err)
	}
	f, _, err = ParseFrame(AppendFrame(nil, Frame{Type: Tdispatch, Tag: MaxTag, More: true}), 0)
	if err != nil || f.Tag != MaxTag || !f.More {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestTypeStrings(t *testing.T) {
	seen := map[string]bool{}
	for n := -128; n < 128; n++ {
		typ := Type(n)
		if named := !strings.HasPrefix(typ.String(), "type "); named != typ.known() {
			t.Errorf("type %d: named %q, known: %v", n, typ, typ.known())
		}
		if seen[typ.String()] {
			t.Errorf("two types of the name %s", typ)
		}
		seen[typ.String()] = true
		if older, newer := typ.older(); newer && older.newer() != typ {
			t.Errorf("type %d is %s, whose other number is %d", n, older, older.newer())
		}
	}
}

func TestIsCheckTinit(t *testing.T) {
	good := Frame{Type: Rerr, Tag: 1, Body: []byte("tinit check")}
	for _, tt := range []struct {
		name string
		bend func(*Frame)
		want bool
	}{
		{"as Finagle sends it", func(*Frame) {}, true},
		{"newer number", func(f *Frame) { f.Newer = true }, true},
		{"another tag", func(f *Frame) { f.Tag = 2 }, false},
		{"another text", func(f *Frame) { f.Body = f.Body[1:] }, false},
		{"another type", func(f *Frame) { f.Type = Tping }, false},
		{"a fragment", func(f *Frame) { f.More = true }, false},
	} {
		f := good
		tt.bend(&f)
		if IsCheckTinit(f) != tt.want {
			t.Errorf("%s: %v", tt.name, !tt.want)
		}
	}
	if string(AppendCheckTinit(nil)) != string(frameOf(t, "tinit-check-request")) {
		t.Error("AppendCheckTinit differs from Finagle's")
	}
	const probe = "\x00\x00\x00\x0f\x80\x00\x00\x01tinit check"
	if got := string(AppendProbe(nil)); got != probe {
		t.Errorf("AppendProbe: %q, want %q", got, probe)
	}
	if f, n, err := ParseFrame([]byte(probe), 0); n != len(probe) || err != nil || !IsCheckTinit(f) || !f.Newer {
		t.Errorf("the probe is read as %+v, %d, %v", f, n, err)
	}
}
