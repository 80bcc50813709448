package load

import (
	"context"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// template is bytes with the places where the id stands.
type template struct {
	bytes []byte
	id    int // where the message's sequence id begins
	text  int // where the string begins; 0 if it is too short for an id
}

// template lays out a message whose struct is the one string.
func (e Echo) template(name string, t thrift.TMessageType, field int16, text string) template {
	ctx := context.Background()
	mem := thrift.NewTMemoryBuffer()
	p := newProtocol(e.Protocol, mem)
	// Writing to memory cannot fail.
	p.WriteMessageBegin(ctx, name, t, FirstID)
	p.WriteStructBegin(ctx, "")
	p.WriteFieldBegin(ctx, "", thrift.STRING, field)
	p.WriteString(ctx, text)
	p.WriteFieldEnd(ctx)
	p.WriteFieldStop(ctx)
	p.WriteStructEnd(ctx)
	p.WriteMessageEnd(ctx)
	p.Flush(ctx)

	at := template{bytes: mem.Bytes(), id: idAt(e.Protocol, name)}
	if len(text) >= idText {
		at.text = len(at.bytes) - len(text) - behindText(e.Protocol)
	}
	return at
}

// newProtocol returns the runtime's own protocol over a transport.
func newProtocol(p wire.Protocol, trans thrift.TTransport) thrift.TProtocol {
	switch p {
	case wire.Compact:
		return thrift.NewTCompactProtocolConf(trans, nil)
	case wire.JSON:
		return thrift.NewTJSONProtocol(trans)
	}
	return thrift.NewTBinaryProtocolConf(trans, nil)
}

// idAt returns where the id stands in a message.
func idAt(p wire.Protocol, name string) int {
	switch p {
	case wire.Compact:
		return 2 // behind the id of the protocol, and version and type
	case wire.JSON:
		return len(`[1,"`) + len(name) + len(`",1,`) // behind version, name and type
	}
	return 8 + len(name) // behind the version word, the length of the name and the name
}

// behindText returns how many bytes of a message come behind the string.
func behindText(p wire.Protocol) int {
	if p == wire.JSON {
		return len(`"}}]`)
	}
	return 1 // the struct's end
}

// wrap puts around the message what stands there in a call.
func (t *template) wrap(f Framing, p wire.Protocol) {
	var at int
	t.bytes, at = f.wrap(p, t.bytes)
	t.id += at
	if t.text > 0 {
		t.text += at
	}
}
