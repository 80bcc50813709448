package thriftmux

import "math"

// Defaults of Limits.
const (
	DefaultHeaderBytes = 64 << 10
	DefaultPairs       = 1024
)

// Limits bound what may stand before the payload of a message. They are checked
// while the bytes are looked at, before anything is copied out of them.
type Limits struct {
	// Header is the largest size in bytes of all that is not payload: contexts,
	// destination and naming overrides of a call, keys and values of an init.
	// Zero means DefaultHeaderBytes, a negative value no limit.
	Header int
	// Pairs is the largest count of contexts, of naming overrides, or of an init's
	// headers. Zero means DefaultPairs, a negative value no limit.
	Pairs int
}

func (l Limits) header() int { return orDefault(l.Header, DefaultHeaderBytes) }
func (l Limits) pairs() int  { return orDefault(l.Pairs, DefaultPairs) }

func orDefault(v, def int) int {
	switch {
	case v == 0:
		return def
	case v < 0:
		return math.MaxInt
	}
	return v
}
