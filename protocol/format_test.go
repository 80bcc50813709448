package protocol_test

import (
	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// codec is what Binary and Compact have beyond protocol.Codec.
type codec interface {
	protocol.Codec
	Reset(in, out []byte)
	Rest() []byte
}

// format is one encoding: our codec and the runtime's protocol for it.
type format struct {
	name   string
	codec  func(maxDepth int) codec
	apache func(thrift.TTransport) thrift.TProtocol
}

var (
	binaryFormat = format{
		name:  "binary",
		codec: func(maxDepth int) codec { return &protocol.Binary{MaxDepth: maxDepth} },
		apache: func(t thrift.TTransport) thrift.TProtocol {
			return thrift.NewTBinaryProtocolConf(t, nil)
		},
	}
	compactFormat = format{
		name:  "compact",
		codec: func(maxDepth int) codec { return &protocol.Compact{MaxDepth: maxDepth} },
		apache: func(t thrift.TTransport) thrift.TProtocol {
			return thrift.NewTCompactProtocolConf(t, nil)
		},
	}
	formats = []format{binaryFormat, compactFormat}
)

// apacheReader is the runtime's protocol over a copy of in.
func (f format) apacheReader(in []byte) (thrift.TProtocol, *thrift.TMemoryBuffer) {
	t := thrift.NewTMemoryBuffer()
	t.Write(in)
	return f.apache(t), t
}
