package server

import (
	"testing"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// TestAnOpeningIsLookedAtAFewTimes lets openings come byte by byte, and counts how many
// bytes are looked at until it is known what they are.
func TestAnOpeningIsLookedAtAFewTimes(t *testing.T) {
	contexts := append([]byte{0, 0, 0xff, 0xff, 2, 0, 0, 2, 0x7f, 0xff}, make([]byte, 0xffff)...)
	whole := append([]byte{0, 0, 0xff, 0, 2, 0, 0, 2, 0x10, 0}, make([]byte, 0xff00)...)
	oldName := append([]byte{0, 0, 3, 0xe8}, make([]byte, 2000)...)
	for name, opening := range map[string][]byte{"contexts without an end": contexts, "contexts": whole, "an old name": oldName} {
		looks, looked, n := 0, 0, 0
		for {
			looks++
			looked += n
			_, need, err := wire.Sniff(opening[:n], wire.Limits{})
			if need == 0 || err != nil {
				break
			}
			if n = nextLook(opening[:n], need); n > len(opening) {
				break
			}
		}
		if looks > 20 || looked > 3*len(opening) {
			t.Errorf("%s: %d looks at %d bytes, of %d", name, looks, looked, len(opening))
		}
	}
}
