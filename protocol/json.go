package protocol

import (
	"context"
	"math"

	"github.com/apache/thrift/lib/go/thrift"
)

// tProtocol keeps the embedded field of JSON out of its exported names.
type tProtocol = thrift.TProtocol

// JSON is Thrift's JSON protocol over bytes in memory: the runtime's TJSONProtocol, bounded as
// [Binary] is. The runtime keeps brackets and commas in a state that a failed message would leave
// behind; each reset begins with a fresh one.
//
// A JSON is ready after ResetBody and is meant to be reset and used again. It must not be copied, nor
// used by two goroutines at once, except for Transport. Strings and byte slices that it returns are
// copies and the caller's own. A value of over 100 MiB is a SIZE_LIMIT exception, as in the runtime.
type JSON struct {
	// MaxDepth is how many structs and containers may be open inside each other while reading and
	// skipping; one more is a DEPTH_LIMIT exception. 0 means DefaultMaxDepth, negative no limit, which
	// lets a message overflow the stack. A new value counts from the next reset on.
	MaxDepth int

	// Memory bounds the memory that what is read may take. It counts from the next reset on, must not
	// change until another, and may be nil, which means the zero Memory.
	Memory *Memory

	tProtocol // json as an interface: all that is not overridden here
	json      *thrift.TJSONProtocol
	memory    jsonMemory
}

// ResetBody makes p read the bare struct in body and append bare structs to out, with the headers out
// of band: ReadMessageBegin returns m and reads nothing, WriteMessageBegin writes nothing and records
// its arguments for Message. It holds on to both slices until the next reset; it never writes to body.
func (p *JSON) ResetBody(m Message, body, out []byte) {
	p.memory.resetBody(m, body, out, p.MaxDepth, p.Memory)
	if p.json == nil {
		p.json = thrift.NewTJSONProtocol(&p.memory)
		p.tProtocol = p.json
		return
	}
	p.json.Reset()
}

// Message returns the header last given to WriteMessageBegin since the reset, and whether there was
// one.
func (p *JSON) Message() (m Message, written bool) { return p.memory.Message() }

// Out returns the out of the reset with all that was written behind it. The bytes are the codec's to
// append to until the next reset, and the caller's from then on.
func (p *JSON) Out() []byte {
	if p.json != nil {
		_ = p.json.Flush(context.Background()) // into memory, which takes all
	}
	return p.memory.out
}

// Transport returns the one object that is the transport of every codec; see [Binary.Transport].
func (p *JSON) Transport() thrift.TTransport { return transport }

// ReadMessageBegin returns the header given to ResetBody.
func (p *JSON) ReadMessageBegin(context.Context) (name string, typeID thrift.TMessageType, seqID int32, err error) {
	m := p.memory.received
	return m.Name, m.Type, m.SeqID, nil
}

// ReadMessageEnd reads nothing.
func (p *JSON) ReadMessageEnd(context.Context) error { return nil }

// ReadStructBegin reads the begin of an object and counts a depth.
func (p *JSON) ReadStructBegin(ctx context.Context) (name string, err error) {
	if err := p.memory.depth.enter(p.memory.pos); err != nil {
		return "", err
	}
	if err := p.memory.memory.beginStruct(p.memory.pos); err != nil {
		return "", err
	}
	return p.json.ReadStructBegin(ctx)
}

// ReadStructEnd reads the end of an object and leaves the struct's depth. It is an INVALID_DATA
// exception if more than white space is left behind the outermost object.
func (p *JSON) ReadStructEnd(ctx context.Context) error {
	p.memory.depth.leave()
	if err := p.json.ReadStructEnd(ctx); err != nil {
		return err
	}
	return p.memory.endBody()
}

// ReadMapBegin reads the types and the count of a map, which is at most what the bytes have room for,
// and counts a depth.
func (p *JSON) ReadMapBegin(ctx context.Context) (keyType, valueType thrift.TType, size int, err error) {
	keyType, valueType, size, err = p.json.ReadMapBegin(ctx)
	if err == nil {
		err = p.memory.opened("map", size, jsonMinSize(keyType)+jsonMinSize(valueType))
	}
	if err == nil {
		err = p.memory.memory.beginMap(p.memory.pos, keyType, valueType, size)
	}
	if err != nil {
		return 0, 0, 0, err
	}
	return keyType, valueType, size, nil
}

// ReadMapEnd reads the ends of a map's object and array, and leaves the map's depth.
func (p *JSON) ReadMapEnd(ctx context.Context) error {
	p.memory.depth.leave()
	return p.json.ReadMapEnd(ctx)
}

// ReadListBegin reads the type and the count of a list, which is at most what the bytes have room for,
// and counts a depth.
func (p *JSON) ReadListBegin(ctx context.Context) (elemType thrift.TType, size int, err error) {
	return p.readElems(ctx, "list")
}

// ReadListEnd reads the end of an array and leaves the list's depth.
func (p *JSON) ReadListEnd(ctx context.Context) error {
	p.memory.depth.leave()
	return p.json.ReadListEnd(ctx)
}

// ReadSetBegin reads the type and the count of a set, which is at most what the bytes have room for,
// and counts a depth.
func (p *JSON) ReadSetBegin(ctx context.Context) (elemType thrift.TType, size int, err error) {
	return p.readElems(ctx, "set")
}

// ReadSetEnd reads the end of an array and leaves the set's depth.
func (p *JSON) ReadSetEnd(ctx context.Context) error {
	p.memory.depth.leave()
	return p.json.ReadSetEnd(ctx)
}

func (p *JSON) readElems(ctx context.Context, what string) (elemType thrift.TType, size int, err error) {
	elemType, size, err = p.json.ReadListBegin(ctx)
	if err == nil {
		err = p.memory.opened(what, size, jsonMinSize(elemType))
	}
	if err == nil {
		err = p.memory.memory.beginElems(what, p.memory.pos, elemType, size)
	}
	if err != nil {
		return 0, 0, err
	}
	return elemType, size, nil
}

// ReadString reads a string.
func (p *JSON) ReadString(ctx context.Context) (string, error) {
	v, err := p.json.ReadString(ctx)
	if err == nil {
		err = p.memory.memory.beginString(p.memory.pos, len(v))
	}
	if err != nil {
		return "", err
	}
	return v, nil
}

// ReadBinary reads bytes in base 64.
func (p *JSON) ReadBinary(ctx context.Context) ([]byte, error) {
	v, err := p.json.ReadBinary(ctx)
	if err == nil {
		err = p.memory.memory.beginString(p.memory.pos, len(v))
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Skip reads a value of type t and forgets it. An unknown type is an INVALID_DATA exception.
func (p *JSON) Skip(ctx context.Context, t thrift.TType) error {
	// What is skipped is read by the same methods as all else, but is not kept.
	m := &p.memory.memory
	before := *m
	m.mark = math.MaxInt64
	defer func() { *m = before }()
	// The runtime counts what is skipped by itself, the skipped value included.
	left := p.memory.depth.left
	if left < math.MaxInt {
		left++
	}
	return thrift.Skip(ctx, p, t, left)
}

// WriteMessageBegin records its arguments for Message.
func (p *JSON) WriteMessageBegin(_ context.Context, name string, typeID thrift.TMessageType, seqID int32) error {
	p.memory.record(Message{Name: name, Type: typeID, SeqID: seqID})
	return nil
}

// WriteMessageEnd writes nothing.
func (p *JSON) WriteMessageEnd(context.Context) error { return nil }

// Flush does nothing: Out gives what is written.
func (p *JSON) Flush(context.Context) error { return nil }
