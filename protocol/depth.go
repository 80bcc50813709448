package protocol

import (
	"math"

	"github.com/apache/thrift/lib/go/thrift"
)

// DefaultMaxDepth is how deep structs and containers nest where MaxDepth is 0: 64, as in the values
// that the runtime skips.
const DefaultMaxDepth = thrift.DEFAULT_RECURSION_DEPTH

// depth counts how many more structs and containers may be opened inside the open ones.
type depth struct {
	limit int
	left  int
}

// reset takes the value of a MaxDepth field.
func (d *depth) reset(limit int) {
	switch {
	case limit == 0:
		limit = DefaultMaxDepth
	case limit < 0:
		limit = math.MaxInt
	}
	d.limit, d.left = limit, limit
}

// enter counts a struct or container that was opened at byte pos.
func (d *depth) enter(pos int) error {
	if d.left <= 0 {
		return tooDeep(d.limit, pos)
	}
	d.left--
	return nil
}

// leave counts one that was closed. An end without a begin gives no more room than the limit.
func (d *depth) leave() {
	if d.left < d.limit {
		d.left++
	}
}
