package protocol

import "github.com/apache/thrift/lib/go/thrift"

// Message is the header of a message, kept apart from its body.
type Message struct {
	// Name is the method's name as on the wire, with or without a service's prefix.
	Name string
	// Type is call, reply, exception or oneway. Nothing checks it.
	Type thrift.TMessageType
	// SeqID is the sequence id, which a reply returns as it came.
	SeqID int32
}

// Codec is a thrift.TProtocol over bytes in memory. [Binary], [Compact] and [JSON] implement it.
//
// A Codec is used by one goroutine at a time, except for Transport, which any goroutine may call
// whenever it likes. After an error it stays usable only through another reset.
type Codec interface {
	thrift.TProtocol

	// ResetBody makes the codec read the bare struct in body and append bare structs to out, with
	// the message headers kept out of band: ReadMessageBegin returns m and reads nothing,
	// WriteMessageBegin records its arguments for Message and writes nothing.
	//
	// The codec never writes to body and keeps no view of it in the values it returns. It holds on
	// to both slices until the next reset.
	ResetBody(m Message, body, out []byte)

	// Message returns the header last given to WriteMessageBegin since the reset, and whether there
	// was one.
	Message() (m Message, written bool)

	// Out returns what was written since the reset, behind the bytes of the out given there. It may
	// be another array than out's, and belongs to the caller after the next reset.
	Out() []byte
}

var (
	_ Codec = (*Binary)(nil)
	_ Codec = (*Compact)(nil)
	_ Codec = (*JSON)(nil)
)
