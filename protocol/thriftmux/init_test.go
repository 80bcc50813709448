package thriftmux

import (
	"math"
	"testing"
)

func TestInitVectors(t *testing.T) {
	for name, limit := range map[string]int{
		"tinit-default": math.MaxInt32, "rinit-default": math.MaxInt32, "rinit-no-headers": math.MaxInt32,
		"tinit-window-64": 64, "tinit-window-20": 20, "rinit-window-48": 48,
	} {
		i, err := ParseInit(bodyOf(t, name), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := i.FrameLimit(); err != nil || got != limit || i.Version != Version || i.TLS() != TLSOff {
			t.Errorf("%s: limit %d, %v, version %d, tls %s", name, got, err, i.Version, i.TLS())
		}
	}
}

func TestInitFrameLimitFaults(t *testing.T) {
	for _, value := range []string{"", "abc", "abcde", "\x00\x00\x00\x00", "\x80\x00\x00\x00"} {
		var i Init
		i.Add(InitFrameLimit, value)
		if n, err := i.FrameLimit(); err == nil {
			t.Errorf("%q is a limit of %d", value, n)
		}
	}
	for _, n := range []int{0, -1} {
		var i Init
		i.AddFrameLimit(n)
		if got, err := i.FrameLimit(); err != nil || got != math.MaxInt32 {
			t.Errorf("%d written reads %d, %v", n, got, err)
		}
	}
}

func TestTLSLevels(t *testing.T) {
	for value, want := range map[string]TLS{"off": TLSOff, "desired": TLSDesired, "required": TLSRequired, "REQUIRED": TLSOff, "": TLSOff} {
		var i Init
		i.Add(InitTLS, value)
		if i.TLS() != want {
			t.Errorf("%q is %s", value, i.TLS())
		}
		if known := want != TLSOff || value == "off"; known && want.String() != value {
			t.Errorf("%q is written as %q", value, want)
		}
	}
	for _, tt := range []struct {
		a, b   TLS
		on, ok bool
	}{
		{TLSOff, TLSOff, false, true},
		{TLSOff, TLSDesired, false, true},
		{TLSOff, TLSRequired, false, false},
		{TLSDesired, TLSDesired, true, true},
		{TLSDesired, TLSRequired, true, true},
		{TLSRequired, TLSRequired, true, true},
	} {
		for range 2 {
			if on, ok := AgreeTLS(tt.a, tt.b); on != tt.on || ok != tt.ok {
				t.Errorf("%s against %s: on %v, ok %v", tt.a, tt.b, on, ok)
			}
			tt.a, tt.b = tt.b, tt.a
		}
	}
}
