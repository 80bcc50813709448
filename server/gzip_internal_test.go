package server

import "testing"

func TestInflatedLimit(t *testing.T) {
	for _, tt := range []struct {
		size, ratio, message, limit int
		bound                       string
	}{
		{0, 100, 1 << 20, 64 << 10, "ratio"},
		{600, 100, 1 << 20, 64 << 10, "ratio"},
		{1000, 100, 1 << 20, 100_000, "ratio"},
		{1000, 10, 1 << 20, 64 << 10, "ratio"},
		{1 << 20, 100, 1 << 20, 1 << 20, "MaxMessageSize"},
		{10, 100, 1000, 1000, "MaxMessageSize"},
		{218_762_505, 1 << 20, 218_762_505, 218_762_505, "MaxMessageSize"}, // no overflow on 32 bits
	} {
		limit, bound := inflatedLimit(tt.size, tt.ratio, tt.message)
		if limit != tt.limit || bound != tt.bound {
			t.Errorf("%d bytes at %d: %d (%s), want %d (%s)", tt.size, tt.ratio, limit, bound, tt.limit, tt.bound)
		}
	}
}
