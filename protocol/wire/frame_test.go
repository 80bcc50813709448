package wire

import "testing"

func TestEmptyFrames(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "\x00\x00\x00": 0, "\x00\x00\x00\x00": 4, "\x00\x00\x00\x00\x00\x00\x00": 4,
		"\x00\x00\x00\x00\x00\x00\x00\x00": 8, "\x00\x00\x00\x00\x00\x00\x00\x01x": 4, "\x00\x00\x00\x01\x00": 0,
	} {
		if got := EmptyFrames([]byte(in)); got != want {
			t.Errorf("EmptyFrames(%q) = %d, want %d", in, got, want)
		}
	}
}
