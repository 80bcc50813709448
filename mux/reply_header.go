package mux

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// replyHeader takes the headers that a handler sets through the runtime's
// response helper. The helper wants a THeaderProtocol, which has no way to ask for
// them: it writes them before a message, into memory, where they are read.
type replyHeader struct {
	protocol *thrift.THeaderProtocol
	memory   *thrift.TMemoryBuffer
}

func newReplyHeader() *replyHeader {
	memory := thrift.NewTMemoryBuffer()
	return &replyHeader{memory: memory, protocol: thrift.NewTHeaderProtocolConf(memory, nil)}
}

// header returns the headers that were set.
func (r *replyHeader) header() (Header, error) {
	t := r.protocol.Transport()
	// A frame of no bytes would not be written at all.
	_, err := t.Write([]byte{0})
	if err == nil {
		err = t.Flush(context.Background())
	}
	if err != nil {
		return nil, fmt.Errorf("mux: headers of a reply: %w", err)
	}
	frame := r.memory.Bytes()
	if n := len(frame) - wire.FrameHeaderSize; n < 0 || binary.BigEndian.Uint32(frame) != uint32(n) {
		return nil, fmt.Errorf("mux: headers of a reply in %d bytes, which are no frame", len(frame))
	}
	f, _, err := theader.Parse(frame[wire.FrameHeaderSize:], theader.Limits{Header: -1, Pairs: -1})
	if err != nil {
		return nil, fmt.Errorf("mux: headers of a reply: %w", err)
	}
	h := make(Header, 0, f.Info.Len())
	for key, value := range f.Info.All {
		h.Add(string(key), string(value))
	}
	return h, nil
}
