package mux

import (
	"sync"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Stubs read from and write to one codec, which is used again for other calls. A
// stub's connectivity check may still hold it then: all that asks for is
// Transport, which is the same immutable object for every codec.
var (
	binaryCodecs  = sync.Pool{New: func() any { return new(protocol.Binary) }}
	compactCodecs = sync.Pool{New: func() any { return new(protocol.Compact) }}
	jsonCodecs    = sync.Pool{New: func() any { return new(protocol.JSON) }}
)

// takeCodec returns a codec that reads req's body and appends to its scratch, or
// nil for a protocol that there is none for. The largest struct in the body takes
// size bytes.
func takeCodec(req *Request, size int64) protocol.Codec {
	m := protocol.Message{Name: req.Method, Type: thrift.TMessageType(req.Type), SeqID: req.SeqID}
	req.Memory.Struct = size
	switch req.Protocol {
	case wire.Binary:
		c := binaryCodecs.Get().(*protocol.Binary)
		c.MaxDepth, c.Memory = req.MaxDepth, &req.Memory
		c.ResetBody(m, req.Body, req.Scratch)
		return c
	case wire.Compact:
		c := compactCodecs.Get().(*protocol.Compact)
		c.MaxDepth, c.Memory = req.MaxDepth, &req.Memory
		c.ResetBody(m, req.Body, req.Scratch)
		return c
	case wire.JSON:
		c := jsonCodecs.Get().(*protocol.JSON)
		c.MaxDepth, c.Memory = req.MaxDepth, &req.Memory
		c.ResetBody(m, req.Body, req.Scratch)
		return c
	}
	return nil
}

// giveCodec takes back a codec, which then holds no bytes of the call.
func giveCodec(c protocol.Codec) {
	switch c := c.(type) {
	case *protocol.Binary:
		c.Memory = nil
		c.Release()
		binaryCodecs.Put(c)
	case *protocol.Compact:
		c.Memory = nil
		c.Release()
		compactCodecs.Put(c)
	case *protocol.JSON:
		c.Memory = nil
		c.ResetBody(protocol.Message{}, nil, nil)
		jsonCodecs.Put(c)
	}
}
