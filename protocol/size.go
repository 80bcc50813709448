package protocol

import (
	"fmt"
	"math"

	"github.com/apache/thrift/lib/go/thrift"
)

// open checks the count of a container whose elements begin at the current position and take at
// least least bytes each, and counts its depth. It stands before the stub's allocation, which is as
// large as the count says.
//
// The counts of one input share its bytes, for no byte is the least part of two elements: the least
// part of an inner container is its own count, that of a struct the end of its fields. Else each level
// of nesting could claim all that remains, and have the stub allocate it.
func (b *buffer) open(what string, n int32, least int) error {
	if n < 0 {
		return negativeSize(what, b.pos, n)
	}
	need, have := int64(n)*int64(least), len(b.in)-b.pos
	if need > int64(have) {
		return exception(thrift.SIZE_LIMIT,
			fmt.Errorf("protocol: %s of %d elements at byte %d needs at least %d bytes, %d remain", what, n, b.pos, need, have))
	}
	if b.claimed += need; b.claimed > int64(len(b.in)) {
		return exception(thrift.SIZE_LIMIT,
			fmt.Errorf("protocol: %s of %d elements at byte %d and those before it need at least %d bytes, all are %d",
				what, n, b.pos, b.claimed, len(b.in)))
	}
	return b.depth.enter(b.pos)
}

// checkSize refuses to write a length or count that the wire has no room for.
func checkSize(what string, n int) error {
	if n > math.MaxInt32 {
		return tooLarge(what, n)
	}
	return nil
}
