package protocol

import (
	"fmt"
	"io"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// jsonMemory is the transport that the runtime's protocol reads from and writes to. The runtime reads
// ahead, so pos tells no more than how far it has come at most.
type jsonMemory struct{ buffer }

// Read copies input.
func (m *jsonMemory) Read(b []byte) (int, error) {
	if m.pos == len(m.in) {
		return 0, io.EOF
	}
	n := copy(b, m.in[m.pos:])
	m.pos += n
	return n, nil
}

// Write appends output.
func (m *jsonMemory) Write(b []byte) (int, error) {
	m.out = append(m.out, b...)
	return len(b), nil
}

// RemainingBytes is what bounds the counts of containers in the runtime.
func (m *jsonMemory) RemainingBytes() uint64 { return uint64(len(m.in) - m.pos) }

// IsOpen is always true.
func (m *jsonMemory) IsOpen() bool { return true }

// Open does nothing.
func (m *jsonMemory) Open() error { return nil }

// Close does nothing.
func (m *jsonMemory) Close() error { return nil }

// opened checks the count of a container as buffer.open does, but against the whole input: where in
// it the container stands is not known here.
func (m *jsonMemory) opened(what string, n, least int) error {
	if m.claimed += int64(n) * int64(least); m.claimed > int64(len(m.in)) {
		return exception(thrift.SIZE_LIMIT,
			fmt.Errorf("protocol: %s of %d elements before byte %d and the containers before it need at least %d bytes, all are %d",
				what, n, m.pos, m.claimed, len(m.in)))
	}
	return m.depth.enter(m.pos)
}

// endBody is that of buffer. How far the runtime has come is not known, so the body
// is walked, once, when its struct has ended.
func (m *jsonMemory) endBody() error {
	if m.depth.left != m.depth.limit {
		return nil
	}
	if err := wire.ExactStruct(wire.JSON, m.in, wire.Limits{Depth: -1}); err != nil {
		return exception(thrift.INVALID_DATA, err)
	}
	return nil
}

// jsonMinSize is how many bytes a value of type t takes at least: a digit, or a pair of quotes or
// brackets.
func jsonMinSize(t thrift.TType) int {
	switch t {
	case thrift.STRING, thrift.UUID, thrift.STRUCT, thrift.MAP, thrift.LIST, thrift.SET:
		return 2
	}
	return 1
}
