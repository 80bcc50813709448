package theader

import (
	"math"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestInflateLimit(t *testing.T) {
	for _, tt := range []struct{ size, limit, ratio, want int }{
		{10, 1 << 20, 0, 1 << 20},
		{10, 100 << 20, 0, wire.DefaultMessage},
		{10, 1 << 20, 100, 64 << 10},
		{1_000_000, 200 << 20, 0, 100_000_000},
		{1000, 1 << 20, 100, 100_000},
		{1000, 1 << 20, 7, 64 << 10},
		{100_000, 1 << 20, 7, 700_000},
		{100_000, 1 << 20, 100, 1 << 20},
		{100_000, 1000, 100, 1000},
		{10, 1 << 20, -1, 1 << 20},
		{math.MaxInt32, math.MaxInt32, math.MaxInt32, math.MaxInt32},
	} {
		if got := InflateLimit(tt.size, tt.limit, tt.ratio); got != tt.want {
			t.Errorf("InflateLimit(%d, %d, %d) = %d, want %d", tt.size, tt.limit, tt.ratio, got, tt.want)
		}
	}
}

func TestInflatePrefixOfAStream(t *testing.T) {
	content := []byte("a name, and a great deal more")
	stream := Deflate(nil, content)
	for n := range 40 {
		if got, err := InflatePrefix(nil, stream, n); string(got) != string(content[:min(n, len(content))]) || err != nil {
			t.Errorf("%d bytes: %q, %v", n, got, err)
		}
	}
	for cut := range stream {
		if got, _ := InflatePrefix(nil, stream[:cut], 4); len(got) > 4 || string(got) != "a na"[:len(got)] {
			t.Errorf("%d bytes of the stream: %q", cut, got)
		}
	}
}
