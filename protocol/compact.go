package protocol

// Compact is Thrift's compact protocol over bytes in memory, equal to the runtime's TCompactProtocol.
//
// A Compact is ready after Reset or ResetBody and is meant to be reset and used again. It must not be
// used by two goroutines at once, except for Transport. Strings and byte slices that it returns are
// copies, each made once, and the caller's own.
type Compact struct {
	// MaxDepth is how many structs and containers may be open inside each other while reading and
	// skipping; one more is a DEPTH_LIMIT exception. 0 means DefaultMaxDepth, negative no limit, which
	// lets a message overflow the stack. A new value counts from the next reset on.
	MaxDepth int

	// Memory bounds the memory that what is read may take. It counts from the next reset on, must not
	// change until another, and may be nil, which means the zero Memory.
	Memory *Memory

	buffer

	// Reading and writing keep their fields apart, because a stub that gave up reading in the middle of
	// a struct may still write an exception with the same codec.
	read, wrote fieldIDs

	// A bool field's value is in its header, which is read before and written after the other.
	boolRead      bool // readBool is the value of the field begun
	readBool      bool
	boolToWrite   bool // boolToWriteID is the id of the field begun
	boolToWriteID int16
}

// Reset makes p read whole messages from in, one after the other, and append whole messages to out.
// It holds on to both slices until the next reset; it never writes to in.
func (p *Compact) Reset(in, out []byte) {
	p.reset(in, out, p.MaxDepth, p.Memory)
	p.resetFields()
}

// ResetBody makes p read the bare struct in body and append bare structs to out, with the headers out
// of band: ReadMessageBegin returns m and reads nothing, WriteMessageBegin writes nothing and records
// its arguments for Message. It holds on to both slices until the next reset; it never writes to body.
func (p *Compact) ResetBody(m Message, body, out []byte) {
	p.resetBody(m, body, out, p.MaxDepth, p.Memory)
	p.resetFields()
}

func (p *Compact) resetFields() {
	p.read.reset()
	p.wrote.reset()
	p.boolRead, p.boolToWrite = false, false
}
