package wire

import (
	"strings"
	"testing"
)

func TestSniffThriftMuxOpenings(t *testing.T) {
	check := "tinit check"
	for _, c := range []struct {
		name  string
		frame string
		mux   bool
	}{
		{"Rerr of the old number", "\x7f\x00\x00\x01" + check, true},
		{"Rerr of the new number", "\x80\x00\x00\x01" + check, true},
		{"Rerr with another text", "\x7f\x00\x00\x01tinit chick", false},
		{"Rerr with a longer text", "\x7f\x00\x00\x01" + check + "s", false},
		{"Tping", "\x41\x00\x00\x01", true},
		{"Tping with a body", "\x41\x00\x00\x01x", false},
		{"Tping on another tag", "\x41\x00\x00\x02", false},
		{"Tinit without headers", "\x44\x00\x00\x01\x00\x01", true},
		{"Tinit with an empty pair", "\x44\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", true},
		{"Tinit without version", "\x44\x00\x00\x01", false},
		{"Tinit with half a version", "\x44\x00\x00\x01\x00", false},
		{"Tinit on another tag", "\x44\x00\x00\x02\x00\x01", false},
		{"Tinit with a key alone", "\x44\x00\x00\x01\x00\x01\x00\x00\x00\x00", false},
		{"Tinit with a byte too many", "\x44\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00x", false},
		{"Tinit with a value too long", "\x44\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02x", false},
		{"Tinit with a negative length", "\x44\x00\x00\x01\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00", false},
		{"Tdispatch at its least", "\x02\x00\x00\x02\x00\x00\x00\x00\x00\x00", true},
		{"Tdispatch on tag 0", "\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00payload", true},
		{"Tdispatch with a context and a dtab", "\x02\x00\x00\x02\x00\x01\x00\x01k\x00\x01v\x00\x01d\x00\x01\x00\x02/a\x00\x02/b", true},
		{"Tdispatch too short", "\x02\x00\x00\x02\x00\x00\x00\x00\x00", false},
		{"Tdispatch with a context too long", "\x02\x00\x00\x02\x00\x01\x00\x01k\x00\x09v\x00\x00\x00\x00", false},
		{"Tdispatch with a negative count", "\x02\x00\x00\x02\x80\x00" + strings.Repeat("\x00", 300_000), false},
		{"Tdispatch with a negative length", "\x02\x00\x00\x02\x00\x00\x80\x00" + strings.Repeat("\x00", 40_000), false},
		{"Tdispatch in pieces", "\x02\x80\x00\x02\x00\x00\x00\x00\x00\x00", false},
		{"Tdispatch without body", "\x02\x00\x00\x02", false},
		{"Treq at its least", "\x01\x00\x00\x02\x00", true},
		{"Treq with a key", "\x01\x00\x00\x02\x01\x02\x01\x00payload", true},
		{"Treq with a key too long", "\x01\x00\x00\x02\x01\x02\xff", false},
		{"Treq in pieces", "\x01\x80\x00\x02\x00", false},
		{"Treq without body", "\x01\x00\x00\x02", false},
		{"Tlease", "\x43\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xea\x60", false},
		{"Tdiscarded", "\x42\x00\x00\x00\x00\x00\x02why", false},
		{"Tdrain", "\x40\x00\x00\x01", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := frameOf(c.frame)
			o, _, err := Sniff(b, Limits{})
			if mux := err == nil && o.Dialect == ThriftMux; mux != c.mux {
				t.Errorf("%s, %v", o, err)
			}
			if len(b) < 1000 {
				sniffBytewise(t, b, Limits{})
			}
		})
	}
}

// The payload of a first Tdispatch may be as large as a message; it is not
// waited for.
func TestSniffTdispatchDoesNotNeedItsPayload(t *testing.T) {
	b := append(AppendFrameHeader(nil, 1<<20), "\x02\x00\x00\x02\x00\x00\x00\x00\x00\x00"...)
	if o, seen, err := sniffBytewise(t, b, Limits{}); o.Dialect != ThriftMux || seen != 14 || err != nil {
		t.Errorf("%s after %d bytes, %v", o, seen, err)
	}
}

func TestSniffBoundsContexts(t *testing.T) {
	context := "\x00\x00\x7f\xff" + strings.Repeat("v", 0x7fff)
	frame := "\x02\x00\x00\x02\x00\x03" + strings.Repeat(context, 3) + "\x00\x00\x00\x00"
	if o, need, err := Sniff(frameOf(frame), Limits{}); err == nil {
		t.Errorf("contexts of %d bytes: %s, need %d", len(frame), o, need)
	}
}
