package theader

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

func TestInflateWithinLimit(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 513, 100_000, 3 << 20} {
		plain := bytes.Repeat([]byte("ab"), size)[:size]
		packed := Deflate(nil, plain)
		out, err := Inflate([]byte("head"), packed, size)
		if err != nil || !bytes.Equal(out, append([]byte("head"), plain...)) {
			t.Errorf("%d bytes at a limit of as many: %d came out, %v", size, len(out), err)
		}
	}
}

func TestInflateOverLimit(t *testing.T) {
	// 8 MiB of zeros pack to some 8 KB: a limit must hold what comes out.
	packed := Deflate(nil, make([]byte, 8<<20))
	for _, limit := range []int{-1, 0, 1, 4096, 8<<20 - 1} {
		out, err := Inflate([]byte("head"), packed, limit)
		var fault *wire.Error
		if !errors.As(err, &fault) || !fault.TooLarge() {
			t.Errorf("limit %d: error %v", limit, err)
		}
		if string(out) != "head" {
			t.Errorf("limit %d: %d bytes given back", limit, len(out))
		}
	}
	if _, err := Inflate(nil, packed, 4096); !strings.Contains(err.Error(), "4096") {
		t.Errorf("error %q does not say the limit", err)
	}
}

func TestInflateTakesMemoryForWhatCameOut(t *testing.T) {
	packed := Deflate(nil, []byte("small"))
	out, err := Inflate(nil, packed, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	if cap(out) > 4*minInflate {
		t.Errorf("capacity %d for %d bytes", cap(out), len(out))
	}
}

func TestInflateFaults(t *testing.T) {
	good := Deflate(nil, []byte("some text, some text"))
	damaged := bytes.Clone(good)
	damaged[len(damaged)-1] ^= 1
	for _, tt := range []struct {
		name    string
		payload []byte
	}{
		{"not zlib", []byte("plain bytes")},
		{"a wrong checksum", damaged},
		{"bytes behind the stream", append(bytes.Clone(good), 0)},
		{"a preset dictionary", []byte{0x78, 0xbb, 0, 0, 0, 2, 3, 0, 0, 0, 0, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := Inflate(nil, tt.payload, 1<<10)
			var fault *wire.Error
			if !errors.As(err, &fault) || fault.TooLarge() {
				t.Errorf("%q, %v", out, err)
			}
			// What was left by the fault must not show in the next use.
			if out, err = Inflate(nil, good, 1<<10); err != nil || string(out) != "some text, some text" {
				t.Errorf("afterwards: %q, %v", out, err)
			}
		})
	}
}
