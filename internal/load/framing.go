package load

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Framing is what stands around the messages of a connection.
type Framing byte

// The framings. The zero Framing is Framed.
const (
	// Framed is a length before each message.
	Framed Framing = iota
	// Unframed is nothing.
	Unframed
	// THeader is the frame of Apache's THeader transport, without info headers
	// and transforms in calls; in replies info headers are passed over.
	THeader
	// ThriftMux is a Tdispatch message without contexts, and no handshake before
	// the first. Replies are matched by tag.
	ThriftMux
	// HTTP is a POST of HTTP/1.1 for each call, on a connection that is kept.
	// Several in flight are pipelined, as few clients do.
	HTTP
)

// Where the id stands in calls, beside the one in the message.
const (
	headerSeqID = 8 // behind length, magic and flags
	muxTag      = 5 // behind length and type
)

// Tags are the low bits of ids, behind those that mux keeps for itself.
const (
	tagBits  = 22
	firstTag = 2
)

// The types of Mux messages that a call and its reply have, and THeader's magic.
const (
	tdispatch   = 2
	rdispatch   = 0xfe // -2
	headerMagic = 0x0fff
)

// wrap returns the bytes of a call with what stands around the message.
func (f Framing) wrap(p wire.Protocol, message []byte) (call []byte, messageAt int) {
	var before []byte
	switch f {
	case Unframed:
		return message, 0
	case HTTP:
		call = request(len(message))
		return append(call, message...), len(call)
	case THeader:
		id := byte(0)
		if p == wire.Compact {
			id = 2
		}
		before = []byte{headerMagic >> 8, headerMagic & 0xff, 0, 0, 0, 0, 0, 0, 0, 1, id, 0, 0, 0}
	case ThriftMux:
		before = []byte{tdispatch, 0, 0, 0, 0, 0, 0, 0, 0, 0} // type, tag, no contexts, no destination, no dtab
	}
	call = wire.AppendFrameHeader(nil, len(before)+len(message))
	call = append(call, before...)
	return append(call, message...), len(call)
}

// putID writes the id that stands outside of the message into a call.
func (f Framing) putID(call []byte, id uint32) {
	switch f {
	case THeader:
		binary.BigEndian.PutUint32(call[headerSeqID:], id)
	case ThriftMux:
		binary.BigEndian.PutUint32(call[muxTag-1:], tdispatch<<24|tagOf(id))
	}
}

func tagOf(id uint32) uint32 { return id&(1<<tagBits-1) + firstTag }

// errNack is a reply below Thrift, that the call was not run or failed.
var errNack = errors.New("the server turned the call away")

// unwrap returns the size of the first reply in b, the message in it and the id
// that stands outside of that, as far as its framing shows it. A size of 0 means
// that b ends within the reply. errNack comes with a size and an id.
func (f Framing) unwrap(b []byte) (n int, message []byte, id uint32, err error) {
	if f == HTTP {
		n, message, err = openResponse(b)
		return n, message, 0, err
	}
	n, err = wire.FrameSize(b, 0)
	if err != nil || n == 0 || len(b) < n {
		return 0, nil, 0, err
	}
	message = b[wire.FrameHeaderSize:n]
	switch f {
	case THeader:
		message, id, err = openHeader(message)
	case ThriftMux:
		message, id, err = openMux(message)
	}
	return n, message, id, err
}

// openHeader returns the message in a frame of THeader, and the frame's id.
func openHeader(frame []byte) ([]byte, uint32, error) {
	const fixed = 10 // magic, flags, id, size of the header in words
	if len(frame) < fixed || binary.BigEndian.Uint16(frame) != headerMagic {
		return nil, 0, fmt.Errorf("frame of %d bytes without THeader's magic", len(frame))
	}
	id := binary.BigEndian.Uint32(frame[4:])
	size := fixed + 4*int(binary.BigEndian.Uint16(frame[8:]))
	if len(frame) < size {
		return nil, 0, fmt.Errorf("header of %d bytes in a frame of %d", size, len(frame))
	}
	return frame[size:], id, nil
}

// openMux returns the message in an Rdispatch, and its tag.
func openMux(frame []byte) ([]byte, uint32, error) {
	const fixed = 7 // type, tag, status, number of contexts
	if len(frame) < fixed || frame[0] != rdispatch {
		return nil, 0, fmt.Errorf("mux message % x instead of an Rdispatch", frame[:min(len(frame), fixed)])
	}
	tag := binary.BigEndian.Uint32(frame) & (1<<24 - 1)
	status := frame[4]
	at := fixed
	for range 2 * int(binary.BigEndian.Uint16(frame[5:])) {
		if len(frame) < at+2 {
			return nil, 0, fmt.Errorf("contexts end behind the frame of %d bytes", len(frame))
		}
		at += 2 + int(binary.BigEndian.Uint16(frame[at:]))
	}
	if len(frame) < at {
		return nil, 0, fmt.Errorf("contexts end behind the frame of %d bytes", len(frame))
	}
	if status != 0 {
		return nil, tag, errNack
	}
	return frame[at:], tag, nil
}
