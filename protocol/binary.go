package protocol

// Binary is Thrift's binary protocol over bytes in memory: it writes the strict form and reads the
// strict and the old one, as the runtime's TBinaryProtocol does by default.
//
// A Binary is ready after Reset or ResetBody and is meant to be reset and used again. It must not be
// used by two goroutines at once, except for Transport. Strings and byte slices that it returns are
// copies, each made once, and the caller's own.
type Binary struct {
	// MaxDepth is how many structs and containers may be open inside each other while reading and
	// skipping; one more is a DEPTH_LIMIT exception. 0 means DefaultMaxDepth, negative no limit, which
	// lets a message overflow the stack. A new value counts from the next reset on.
	MaxDepth int

	// Memory bounds the memory that what is read may take. It counts from the next reset on, must not
	// change until another, and may be nil, which means the zero Memory.
	Memory *Memory

	buffer
}

// Reset makes p read whole messages from in, one after the other, and append whole messages to out.
// It holds on to both slices until the next reset; it never writes to in.
func (p *Binary) Reset(in, out []byte) { p.reset(in, out, p.MaxDepth, p.Memory) }

// ResetBody makes p read the bare struct in body and append bare structs to out, with the headers out
// of band: ReadMessageBegin returns m and reads nothing, WriteMessageBegin writes nothing and records
// its arguments for Message. It holds on to both slices until the next reset; it never writes to body.
func (p *Binary) ResetBody(m Message, body, out []byte) {
	p.resetBody(m, body, out, p.MaxDepth, p.Memory)
}
