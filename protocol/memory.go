package protocol

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// DefaultMaxDecoded is how many bytes decoded values may take where Memory.Max is 0:
// eight times the frame limit of the Apache runtimes. Numbers of 64 bits in the
// compact protocol grow by as much, and hardly anything that is really sent by more.
const DefaultMaxDecoded = 8 * wire.DefaultMessage

// Memory bounds the memory that the values which a codec returns take. Generated code
// allocates a container before it reads the elements, as large as its count says, and
// an empty struct takes one byte on the wire. So the codecs add up what generated Go
// code makes of what they read, in the methods that begin a container, a struct or a
// string, and fail before it is made.
//
// The sum is an estimate, a little above the truth: for each element of a list or a
// set the size of its Go type, 8 bytes for an i32, which may be an enum, 16 for a
// string and 24 for a list or a set; for a map 48 bytes and as many slots as Go takes
// for its count; for a struct Struct, and 8 for the pointer to it in a container; for
// the bytes of a string their number rounded up to 8. What is skipped is not counted.
//
// The zero Memory has the default bounds.
type Memory struct {
	// Max bounds the sum, in bytes; more is a SIZE_LIMIT exception. 0 means
	// DefaultMaxDecoded, negative no limit.
	Max int64
	// Struct is the size of the largest struct that may be read, in bytes; see
	// [StructSize]. 0 means 64.
	Struct int64
	// Counter is told of what is read from bodies that grow much. It may be nil.
	Counter Counter
}

// Counter keeps count of what decoded values take. Codecs ask it only above 64 KiB and
// four times the size of the input, and in steps of 64 KiB.
type Counter interface {
	// Take counts n bytes more, or returns why they may not be taken: that becomes
	// the cause of a SIZE_LIMIT exception. What was taken is given back by whoever
	// owns the counter, when the values are of no more use.
	Take(n int64) error
}

const (
	// freeMemory is how much may be read before anybody is asked, and the steps from
	// then on, in bytes.
	freeMemory = 64 << 10
	// freeGrowth is the same as a multiple of the input.
	freeGrowth = 4

	unknownStruct = 64 // bytes
	pointerSize   = 8
	mapSize       = 48 // bytes of an empty map
	maxSlots      = 8  // slots of a map of one group
)

// memory adds up what has been decoded since the reset.
type memory struct {
	decoded int64 // bytes
	mark    int64 // when decoded exceeds it, look is called
	counted int64 // what of decoded the counter knows
	prepaid int64 // structs that their container has counted, and that have not begun
	bounds  *Memory
}

// defaultMemory is used in place of nil. Nobody writes to it.
var defaultMemory Memory

func (m *memory) reset(bounds *Memory, size int) {
	if bounds == nil {
		bounds = &defaultMemory
	}
	m.bounds = bounds
	m.decoded, m.counted, m.prepaid = 0, 0, 1 // the outermost struct is not worth it
	m.mark = max(freeMemory, freeGrowth*int64(size))
	if bounds.Max > 0 {
		m.mark = min(m.mark, bounds.Max)
	}
}

// max is the bound on what is decoded, negative if there is none.
func (m *memory) max() int64 {
	if m.bounds.Max == 0 {
		return DefaultMaxDecoded
	}
	return m.bounds.Max
}

// structSize is the size of a struct.
func (m *memory) structSize() int64 {
	if m.bounds.Struct == 0 {
		return unknownStruct
	}
	return m.bounds.Struct
}

// grow counts the n bytes of memory that the value before byte pos takes.
func (m *memory) grow(what string, pos int, n int64) error {
	if m.decoded += n; m.decoded > m.mark {
		return m.look(what, pos)
	}
	return nil
}

// look returns an error if more has been decoded than may be, and sets the next mark.
func (m *memory) look(what string, pos int) error {
	most, counter := m.max(), m.bounds.Counter
	if most >= 0 && m.decoded > most {
		return exception(thrift.SIZE_LIMIT, fmt.Errorf(
			"protocol: %s before byte %d brings what is decoded to %d bytes of memory, over the limit of %d (MaxDecoded)", what, pos, m.decoded, most))
	}
	if counter != nil {
		n := m.decoded - m.counted
		if err := counter.Take(n); err != nil {
			return exception(thrift.SIZE_LIMIT, err)
		}
		m.counted = m.decoded
	}
	m.mark = math.MaxInt64 - freeMemory
	if most >= 0 {
		m.mark = most
	}
	if counter != nil {
		m.mark = min(m.mark, m.decoded+freeMemory)
	}
	return nil
}

// beginStruct counts a struct, unless its container has.
func (m *memory) beginStruct(pos int) error {
	if m.prepaid--; m.prepaid < 0 {
		return m.payStruct(pos)
	}
	return nil
}

// payStruct counts a struct that no container has counted.
func (m *memory) payStruct(pos int) error {
	m.prepaid = 0
	return m.grow("a struct", pos, m.structSize())
}

// beginElems counts the elements of a list or set.
func (m *memory) beginElems(what string, pos int, t thrift.TType, n int) error {
	size := elemSize(t)
	if t == thrift.STRUCT {
		size += m.structSize()
		m.prepaid += int64(n)
	}
	return m.grow(what, pos, size*int64(n))
}

// beginMap counts the elements of a map.
func (m *memory) beginMap(pos int, key, value thrift.TType, n int) error {
	size := mapSize + mapSlots(n)*(elemSize(key)+elemSize(value)+1)
	for _, t := range [...]thrift.TType{key, value} {
		if t == thrift.STRUCT {
			size += m.structSize() * int64(n)
			m.prepaid += int64(n)
		}
	}
	return m.grow("map", pos, size)
}

// beginString counts the bytes of a string.
func (m *memory) beginString(pos, n int) error {
	return m.grow("string", pos, stringSize(n))
}

// stringSize is the memory of the n bytes of a string.
func stringSize(n int) int64 { return (int64(n) + 7) &^ 7 }

// elemSize is the size of a value of type t in a container, without what it points
// to.
func elemSize(t thrift.TType) int64 {
	switch t {
	case thrift.BOOL, thrift.BYTE:
		return 1
	case thrift.I16:
		return 2
	case thrift.STRING, thrift.UUID:
		return 16
	case thrift.LIST, thrift.SET:
		return 24
	}
	return pointerSize // numbers of 64 bits, enums, and pointers to structs and maps
}

// mapSlots is how many elements Go makes room for in a map of n: powers of two, of
// which an eighth stays empty.
func mapSlots(n int) int64 {
	switch {
	case n == 0:
		return 0
	case n <= maxSlots:
		return maxSlots
	}
	return 1 << bits.Len64(uint64(n)*8/7)
}
