package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
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
	// Unframed leaves out the length before each message.
	Unframed bool
	// Mirror expects the bytes of the call with the type of a reply, as a server
	// sends that does not look at the rest.
	Mirror bool
}

// idText is how many bytes of the string are the id, in hexadecimal.
const idText = 8

// echoCalls is the Echo of one connection.
type echoCalls struct {
	protocol    wire.Protocol
	framed      bool
	call, reply template
}

// template is a message with the places where the id stands.
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
	c := &echoCalls{protocol: e.Protocol, framed: !e.Unframed}
	c.call = e.template(name, thrift.CALL, 1, string(text))
	if e.Mirror {
		c.reply = e.template(name, thrift.REPLY, 1, string(text))
	} else {
		c.reply = e.template(e.Method, thrift.REPLY, 0, string(text))
	}
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

	var b []byte
	if !e.Unframed {
		b = wire.AppendFrameHeader(b, mem.Len())
	}
	at := template{id: len(b) + 8 + len(name)} // version word, length of the name, name
	if e.Protocol == wire.Compact {
		at.id = len(b) + 2 // id of the protocol, version and type
	}
	at.bytes = append(b, mem.Bytes()...)
	if len(text) >= idText {
		at.text = len(at.bytes) - len(text) - 1 // the struct's end comes behind it
	}
	return at
}

// Ordered implements Calls.
func (c *echoCalls) Ordered() bool { return true }

// AppendCall implements Calls.
func (c *echoCalls) AppendCall(dst []byte, id uint32) []byte {
	t := &c.call
	start := len(dst)
	dst = append(dst, t.bytes...)
	c.putID(dst[start+t.id:], id)
	if t.text > 0 {
		putText(dst[start+t.text:], id)
	}
	return dst
}

// Reply implements Calls.
func (c *echoCalls) Reply(b []byte) (int, uint32, Outcome, error) {
	t := &c.reply
	whole := len(t.bytes)
	if len(b) >= whole && bytes.Equal(b[:t.id], t.bytes[:t.id]) {
		id := c.readID(b[t.id:])
		if c.right(b[:whole], id) {
			return whole, id, Right, nil
		}
	}
	return c.other(b)
}

// right reports whether b is the reply to call id, of which the bytes up to the
// id have been compared.
func (c *echoCalls) right(b []byte, id uint32) bool {
	t := &c.reply
	var want [idText]byte
	rest := t.id + c.idSize()
	if t.text == 0 {
		return bytes.Equal(b[rest:], t.bytes[rest:])
	}
	putText(want[:], id)
	return bytes.Equal(b[rest:t.text], t.bytes[rest:t.text]) &&
		bytes.Equal(b[t.text:t.text+idText], want[:]) &&
		bytes.Equal(b[t.text+idText:], t.bytes[t.text+idText:])
}

// other judges what is not, or not yet, a right reply.
func (c *echoCalls) other(b []byte) (int, uint32, Outcome, error) {
	message, n := b, len(c.reply.bytes)
	if c.framed {
		size, err := wire.FrameSize(b, 0)
		if err != nil || size == 0 || len(b) < size {
			return 0, 0, 0, err
		}
		message, n = b[wire.FrameHeaderSize:size], size
	}
	h, err := wire.ParseHeader(c.protocol, message, 0)
	switch {
	case err != nil:
		return 0, 0, 0, fmt.Errorf("reply of %d bytes: %w", n, err)
	case h.Size == 0 && c.framed:
		return 0, 0, 0, fmt.Errorf("frame of %d bytes holds no message", n)
	case h.Size == 0:
		return 0, 0, 0, nil
	case h.Type == wire.Exception && c.framed:
		return n, uint32(h.SeqID), Exception, nil
	case h.Type != wire.Reply && !c.framed:
		// Only a reply has a size that is known.
		return 0, 0, 0, fmt.Errorf("unframed message of type %v instead of a reply", h.Type)
	case len(b) < n:
		return 0, 0, 0, nil
	}
	return n, uint32(h.SeqID), Wrong, nil
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
