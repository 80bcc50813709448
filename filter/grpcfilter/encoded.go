package grpcfilter

import (
	"bytes"
	"context"
	"fmt"
	"reflect"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// encoded is a struct that is still encoded.
type encoded struct {
	protocol wire.Protocol
	maxDepth int
	memory   protocol.Memory
	body     []byte
}

// Protocol says how Bytes are encoded.
func (e *encoded) Protocol() wire.Protocol { return e.protocol }

// Bytes returns the encoded struct. It must not be written to, and is valid until
// the interceptor has returned.
func (e *encoded) Bytes() []byte { return e.body }

// Decode reads the struct into s.
func (e *encoded) Decode(s thrift.TStruct) error {
	memory := e.memory
	memory.Struct = protocol.StructSize(reflect.TypeOf(s))
	c, err := newCodec(e.protocol, e.maxDepth, memory)
	if err != nil {
		return err
	}
	c.ResetBody(protocol.Message{}, e.body, nil)
	if err := s.Read(context.Background(), c); err != nil {
		return fmt.Errorf("grpcfilter: cannot decode %T: %w", s, err)
	}
	return nil
}

func (e *encoded) clone() encoded {
	memory := e.memory
	memory.Counter = nil // it counts for as long as the call runs
	return encoded{e.protocol, e.maxDepth, memory, bytes.Clone(e.body)}
}

// encode returns s as it is encoded in the protocol p.
func encode(p wire.Protocol, s thrift.TStruct) ([]byte, error) {
	c, err := newCodec(p, 0, protocol.Memory{})
	if err != nil {
		return nil, err
	}
	c.ResetBody(protocol.Message{}, nil, nil)
	if err := s.Write(context.Background(), c); err != nil {
		return nil, fmt.Errorf("grpcfilter: cannot encode %T: %w", s, err)
	}
	return c.Out(), nil
}

func newCodec(p wire.Protocol, maxDepth int, memory protocol.Memory) (protocol.Codec, error) {
	switch p {
	case wire.Binary:
		return &protocol.Binary{MaxDepth: maxDepth, Memory: &memory}, nil
	case wire.Compact:
		return &protocol.Compact{MaxDepth: maxDepth, Memory: &memory}, nil
	case wire.JSON:
		return &protocol.JSON{MaxDepth: maxDepth, Memory: &memory}, nil
	}
	return nil, mux.Errorf(mux.InvalidProtocol, "interceptors do not speak %v", p)
}
