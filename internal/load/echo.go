package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Echo calls a method that returns its one argument, a string. Calls of different
// connections have different strings, and each begins with the call's id as far
// as it has room, so that a reply to another call is noticed. Calls and replies
// are laid out once, by the Apache runtime; what is sent and expected are copies
// with another id.
type Echo struct {
	// Service stands before the name of the method; empty means no service.
	Service string
	// Method is the name of the method. Empty means "echo".
	Method string
	// Size is the length of the string in bytes. 0 means 100, negative 0.
	Size int
	// Protocol is wire.Binary or wire.Compact; 0 means Binary.
	Protocol wire.Protocol
	// Framing is what stands around the messages. The zero Framing is Framed.
	Framing Framing
	// Mirror expects the bytes of the call with the type of a reply, as a server
	// sends that does not look at the rest. It works Framed.
	Mirror bool
}

// idText is how many bytes of the string are the id, in hexadecimal.
const idText = 8

// echoCalls is the Echo of one connection.
type echoCalls struct {
	protocol wire.Protocol
	framing  Framing
	call     template // the call, with what stands around its message
	reply    template // the reply's message
	last     uint32   // the last id of a call
}

// template is bytes with the places where the id stands.
type template struct {
	bytes []byte
	id    int // where the message's sequence id begins
	text  int // where the string begins; 0 if it is too short for an id
}

// Open implements Dialect.
func (e Echo) Open(conn int) Calls {
	if e.Method == "" {
		e.Method = "echo"
	}
	if e.Size == 0 {
		e.Size = 100
	}
	if e.Protocol == 0 {
		e.Protocol = wire.Binary
	}
	text := make([]byte, max(e.Size, 0))
	for i := range text {
		text[i] = byte('0' + (i*7+conn*3)%64)
	}
	name := wire.JoinName(e.Service, e.Method)
	c := &echoCalls{protocol: e.Protocol, framing: e.Framing}
	c.call = e.template(name, thrift.CALL, 1, string(text))
	if e.Mirror {
		c.reply = e.template(name, thrift.REPLY, 1, string(text))
	} else {
		c.reply = e.template(e.Method, thrift.REPLY, 0, string(text))
	}
	c.call.wrap(e.Framing, e.Protocol)
	return c
}

// template lays out a message whose struct is the one string.
func (e Echo) template(name string, t thrift.TMessageType, field int16, text string) template {
	ctx := context.Background()
	mem := thrift.NewTMemoryBuffer()
	var p thrift.TProtocol = thrift.NewTBinaryProtocolConf(mem, nil)
	if e.Protocol == wire.Compact {
		p = thrift.NewTCompactProtocolConf(mem, nil)
	}
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

	at := template{bytes: mem.Bytes(), id: 8 + len(name)} // version word, length of the name, name
	if e.Protocol == wire.Compact {
		at.id = 2 // id of the protocol, version and type
	}
	if len(text) >= idText {
		at.text = len(at.bytes) - len(text) - 1 // the struct's end comes behind it
	}
	return at
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

// Ordered implements Calls.
func (c *echoCalls) Ordered() bool { return c.framing != ThriftMux }

// AppendCall implements Calls.
func (c *echoCalls) AppendCall(dst []byte, id uint32) []byte {
	t := &c.call
	start := len(dst)
	dst = append(dst, t.bytes...)
	call := dst[start:]
	c.framing.putID(call, id)
	c.putID(call[t.id:], id)
	if t.text > 0 {
		putText(call[t.text:], id)
	}
	c.last = id
	return dst
}

// Reply implements Calls.
func (c *echoCalls) Reply(b []byte) (int, uint32, Outcome, error) {
	if c.framing == Unframed {
		return c.unframed(b)
	}
	n, message, outer, err := c.framing.unwrap(b)
	switch {
	case errors.Is(err, errNack):
		return n, c.idOf(outer), Exception, nil
	case err != nil || n == 0:
		return 0, 0, 0, err
	}
	id, o, err := c.judge(message)
	if err != nil {
		return 0, 0, 0, err
	}
	if c.framing == THeader && outer != id || c.framing == ThriftMux && outer != tagOf(id) {
		return 0, 0, 0, fmt.Errorf("reply with id %d around a message with id %d", outer, id)
	}
	return n, id, o, nil
}

// unframed judges the first reply in b, of which only a right one has a size that
// is known.
func (c *echoCalls) unframed(b []byte) (int, uint32, Outcome, error) {
	n := len(c.reply.bytes)
	if len(b) >= n {
		id, o, err := c.judge(b[:n])
		if o == Right {
			return n, id, o, err
		}
	}
	h, err := wire.ParseHeader(c.protocol, b, 0)
	switch {
	case err != nil:
		return 0, 0, 0, err
	case h.Size == 0 || h.Type == wire.Reply && len(b) < n:
		return 0, 0, 0, nil
	case h.Type != wire.Reply:
		return 0, 0, 0, fmt.Errorf("unframed message of type %v instead of a reply", h.Type)
	}
	return n, uint32(h.SeqID), Wrong, nil
}

// judge judges a whole message.
func (c *echoCalls) judge(message []byte) (uint32, Outcome, error) {
	t := &c.reply
	if len(message) == len(t.bytes) && bytes.Equal(message[:t.id], t.bytes[:t.id]) {
		if id := c.readID(message[t.id:]); c.right(message, id) {
			return id, Right, nil
		}
	}
	h, err := wire.ParseHeader(c.protocol, message, 0)
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("reply of %d bytes: %w", len(message), err)
	case h.Size == 0:
		return 0, 0, fmt.Errorf("reply of %d bytes holds no message", len(message))
	case h.Type == wire.Exception:
		return uint32(h.SeqID), Exception, nil
	}
	return uint32(h.SeqID), Wrong, nil
}

// right reports whether message, of which the bytes up to the id have been
// compared, is the reply to call id.
func (c *echoCalls) right(message []byte, id uint32) bool {
	t := &c.reply
	rest := t.id + c.idSize()
	if t.text == 0 {
		return bytes.Equal(message[rest:], t.bytes[rest:])
	}
	var want [idText]byte
	putText(want[:], id)
	return bytes.Equal(message[rest:t.text], t.bytes[rest:t.text]) &&
		bytes.Equal(message[t.text:t.text+idText], want[:]) &&
		bytes.Equal(message[t.text+idText:], t.bytes[t.text+idText:])
}

// idOf returns the id of the call with a tag, which is one of the last.
func (c *echoCalls) idOf(tag uint32) uint32 {
	const low = 1<<tagBits - 1
	id := c.last&^low | (tag-firstTag)&low
	if id > c.last {
		id -= low + 1
	}
	return id
}

// idSize returns the size of a message's id: a word, or an id from FirstID on as
// a variable length number.
func (c *echoCalls) idSize() int {
	if c.protocol == wire.Compact {
		return 5
	}
	return 4
}

func (c *echoCalls) putID(b []byte, id uint32) {
	if c.protocol == wire.Compact {
		binary.PutUvarint(b, uint64(id))
		return
	}
	binary.BigEndian.PutUint32(b, id)
}

func (c *echoCalls) readID(b []byte) uint32 {
	if c.protocol == wire.Compact {
		id, _ := binary.Uvarint(b)
		return uint32(id)
	}
	return binary.BigEndian.Uint32(b)
}

// putText writes id as the beginning of a string.
func putText(b []byte, id uint32) {
	var word [4]byte
	binary.BigEndian.PutUint32(word[:], id)
	hex.Encode(b[:idText], word[:])
}
