package text

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTexts(t *testing.T) {
	long := strings.Repeat("x", maxLabel)
	for _, c := range []struct{ in, label string }{
		{"", ""},
		{"echo", "echo"},
		{"größe", "größe"},
		{"\xff", "\uFFFD"},
		{"a\xff\xfeb\xc3", "a\uFFFDb\uFFFD"},
		{"nul\x00", "nul\x00"}, // is valid
		{long, long},
		{long + "y", long[:maxLabel-len(ellipsis)] + ellipsis},
		{strings.Repeat("ö", maxLabel), strings.Repeat("ö", (maxLabel-len(ellipsis))/2) + ellipsis},
		{strings.Repeat("\xff.", maxLabel/2), strings.Repeat("\uFFFD.", 63) + ellipsis}, // grows when it is mended
	} {
		if got := Label(c.in); got != c.label {
			t.Errorf("Label(%.40q) is %q, want %q", c.in, got, c.label)
		}
	}
	if got := Message(strings.Repeat("x", maxMessage+1)); len(got) != maxMessage || !strings.HasSuffix(got, ellipsis) {
		t.Errorf("a long message has %d bytes and ends in %q", len(got), got[len(got)-5:])
	}
	if got := Valid(long + long + "\xff"); got != long+long+"\uFFFD" {
		t.Errorf("Valid is %q", got)
	}
}

func FuzzLabel(f *testing.F) {
	f.Add("\xff\xfe")
	f.Add(strings.Repeat("\xe2\x82", 200))
	f.Fuzz(func(t *testing.T, s string) {
		got := Label(s)
		if len(got) > maxLabel || !utf8.ValidString(got) {
			t.Errorf("Label(%q) is %q of %d bytes", s, got, len(got))
		}
		if utf8.ValidString(s) && len(s) <= maxLabel && got != s {
			t.Errorf("Label(%q) is %q, want no change", s, got)
		}
		if again := Label(got); again != got {
			t.Errorf("Label(%q) is %q, want no change", got, again)
		}
	})
}

type pointerError struct{ text string }

func (e *pointerError) Error() string { return e.text }

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("no disk"), "no disk"},
		{errors.New("no \xff"), "no \uFFFD"},
		{(*pointerError)(nil), "an error whose Error method panics"},
	} {
		if got := Error(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestValidTextsDoNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Label("FooApi"); Message("no disk"); Valid("echo") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
