package protocol

import (
	"errors"

	"github.com/apache/thrift/lib/go/thrift"
)

// errUnopenedStruct is the cause of the error for a struct ended more often than begun.
var errUnopenedStruct = errors.New("protocol: end of a struct that was not begun")

// fieldIDs remembers the last field id of each open struct, from which the next one is counted
// (Thrift compact protocol, struct encoding).
type fieldIDs struct {
	last  int16
	outer []int16
}

func (f *fieldIDs) reset() { f.last, f.outer = 0, f.outer[:0] }

// begin opens a struct.
func (f *fieldIDs) begin() {
	f.outer = append(f.outer, f.last)
	f.last = 0
}

// end closes a struct and goes on in the one around it.
func (f *fieldIDs) end() error {
	n := len(f.outer) - 1
	if n < 0 {
		return exception(thrift.INVALID_DATA, errUnopenedStruct)
	}
	f.last, f.outer = f.outer[n], f.outer[:n]
	return nil
}
