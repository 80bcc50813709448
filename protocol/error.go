package protocol

import (
	"fmt"
	"io"
	"math"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// exception gives err the class of a TProtocolException, so that it passes through generated code
// without losing its type id.
func exception(typeID int, err error) error {
	return thrift.NewTProtocolExceptionWithType(typeID, err)
}

// endOfInput says that what, at byte pos, needs more bytes than the have that remain. It wraps
// io.EOF where nothing remains and io.ErrUnexpectedEOF where something does, as io.ReadFull tells them apart.
func endOfInput(what string, pos, need, have int) error {
	eof := io.ErrUnexpectedEOF
	if have == 0 {
		eof = io.EOF
	}
	return exception(thrift.UNKNOWN_PROTOCOL_EXCEPTION,
		fmt.Errorf("protocol: %s at byte %d needs %d bytes, %d remain: %w", what, pos, need, have, eof))
}

// negativeSize is the error of a length or count below zero.
func negativeSize(what string, pos int, n int32) error {
	return exception(thrift.NEGATIVE_SIZE,
		fmt.Errorf("protocol: %s before byte %d has the negative size %d", what, pos, n))
}

// unknownType is the error of a value whose type has no known end.
func unknownType(pos int, t thrift.TType) error {
	return exception(thrift.INVALID_DATA,
		fmt.Errorf("protocol: unknown type %d of the value at byte %d", byte(t), pos))
}

// tooDeep is the error of one struct or container too many inside each other.
func tooDeep(limit, pos int) error {
	return exception(thrift.DEPTH_LIMIT,
		fmt.Errorf("protocol: structs and containers nest deeper than the limit of %d at byte %d", limit, pos))
}

// restBehind is the error of a body of size bytes whose one struct ends at byte end.
func restBehind(size, end int) error {
	return exception(thrift.INVALID_DATA, wire.RestError(size, end))
}

// tooLarge is the error of a length or count that the wire has no room for.
func tooLarge(what string, n int) error {
	return exception(thrift.SIZE_LIMIT,
		fmt.Errorf("protocol: %s of size %d is over the limit of %d", what, n, math.MaxInt32))
}
