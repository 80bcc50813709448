package load

import (
	"bytes"
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
	// Method is the name of the method. Empty means "echo". Neither name may
	// have a character that JSON escapes, if that is the protocol.
	Method string
	// Size is the length of the string in bytes. 0 means 100, negative 0.
	Size int
	// Protocol is wire.Binary, wire.Compact or wire.JSON; 0 means Binary. JSON
	// works in every framing but THeader, and for 731 million calls on a
	// connection: its ids have 9 digits.
	Protocol wire.Protocol
	// Framing is what stands around the messages. The zero Framing is Framed.
	Framing Framing
	// Mirror expects the bytes of the call with the type of a reply, as a server
	// sends that does not look at the rest. It works Framed, and not with JSON.
	Mirror bool
}

// letters are what strings are made of: none that JSON escapes.
const letters = "0123456789:;p=q?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[r]^_`abcdefghijklmno"

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
		text[i] = letters[(i*7+conn*3)%len(letters)]
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

// Ordered implements Calls.
func (c *echoCalls) Ordered() bool { return c.framing != ThriftMux }

// AppendCall implements Calls.
func (c *echoCalls) AppendCall(dst []byte, id uint32) []byte {
	t := &c.call
	start := len(dst)
	dst = append(dst, t.bytes...)
	call := dst[start:]
	c.framing.putID(call, id)
	putID(call[t.id:], c.protocol, id)
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
		if id := readID(message[t.id:], c.protocol); c.right(message, id) {
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
	rest := t.id + idSize(c.protocol)
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
