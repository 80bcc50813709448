package protocol

import (
	"context"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"
)

// buffer is what the codecs have in common: the bytes they read and write, the headers kept out of
// band, the depth, and the values that all encodings write alike.
type buffer struct {
	in  []byte
	pos int // of the next byte of in; never over len(in)
	out []byte

	depth   depth
	memory  memory
	claimed int64 // bytes that the elements of all containers opened need at least

	outOfBand bool    // headers are received and sent, not bytes
	received  Message // out of band only
	sent      Message
	written   bool // sent is of this use, not left over
}

func (b *buffer) reset(in, out []byte, maxDepth int, m *Memory) {
	b.outOfBand, b.received = false, Message{}
	b.begin(in, out, maxDepth, m)
}

func (b *buffer) resetBody(m Message, body, out []byte, maxDepth int, mem *Memory) {
	b.outOfBand, b.received = true, m
	b.begin(body, out, maxDepth, mem)
}

// begin is what both resets have in common.
func (b *buffer) begin(in, out []byte, maxDepth int, m *Memory) {
	b.in, b.pos, b.out = in, 0, out
	b.written = false
	b.claimed = 0
	b.depth.reset(maxDepth)
	b.memory.reset(m, len(in))
}

// Release makes the codec hold on to nothing: not to the slices and the Message of the last reset, and
// to no name that was written. It costs less than a reset, which must come before the next use.
func (b *buffer) Release() {
	b.in, b.pos, b.out = nil, 0, nil
	b.received.Name, b.sent.Name = "", ""
	b.memory.bounds = &defaultMemory
}

// endBody is called behind an outermost struct if bytes are left. Of a body they are
// refused: bytes that nobody reads would vanish unseen.
func (b *buffer) endBody() error {
	if b.outOfBand {
		return restBehind(len(b.in), b.pos)
	}
	return nil
}

// Message returns the header last given to WriteMessageBegin since the reset, and whether there was
// one.
func (b *buffer) Message() (m Message, written bool) {
	if b.written {
		m = b.sent
	}
	return m, b.written
}

// Out returns the out of the reset with all that was written behind it. The bytes are the codec's to
// append to until the next reset, and the caller's from then on.
func (b *buffer) Out() []byte { return b.out }

// Rest returns the input that is not read yet: a view of the slice given to the reset.
func (b *buffer) Rest() []byte { return b.in[b.pos:] }

// Transport returns the one object that is the transport of every codec. It carries no bytes: Read
// and Write return an error, IsOpen is always true, Flush and Close do nothing, RemainingBytes is
// thrift.UnknownRemainingBytes.
//
// It may be called and used by any goroutine at any time. The connectivity check of generated code
// does so even after Process has returned and this codec serves another call.
func (b *buffer) Transport() thrift.TTransport { return transport }

// Flush does nothing: what is written is in Out at once.
func (b *buffer) Flush(context.Context) error { return nil }

// record keeps a header that is written and reports whether it shall become bytes too.
func (b *buffer) record(m Message) (inBand bool) {
	b.sent, b.written = m, true
	return !b.outOfBand
}

// short is the error of a value of n bytes at the current position that the input ends in.
func (b *buffer) short(what string, n int) error {
	return endOfInput(what, b.pos, n, len(b.in)-b.pos)
}

// take reads n bytes, a length that came off the wire, and returns a view of them.
func (b *buffer) take(what string, n int32) ([]byte, error) {
	if n < 0 {
		return nil, negativeSize(what, b.pos, n)
	}
	rest := b.in[b.pos:]
	if int(n) > len(rest) {
		return nil, b.tooLong(what, int(n))
	}
	b.pos += int(n)
	return rest[:n], nil
}

// tooLong tells a length that no message may have from one that this message is too short for.
func (b *buffer) tooLong(what string, n int) error {
	if n <= thrift.DEFAULT_MAX_MESSAGE_SIZE {
		return b.short(what, n)
	}
	return exception(thrift.SIZE_LIMIT, fmt.Errorf("protocol: %s of %d bytes at byte %d is over the limit of %d",
		what, n, b.pos, thrift.DEFAULT_MAX_MESSAGE_SIZE))
}
