package load

// A Dialect is how calls look on the wire. Its value is shared by all connections
// and must not change.
type Dialect interface {
	// Open returns the calls of connection number conn of a generator, counted
	// from 0. Calls of different connections should differ, so that a reply on
	// the wrong connection is noticed.
	Open(conn int) Calls
}

// Calls lays out the calls of one connection and judges their replies. It is used
// by one goroutine at a time.
type Calls interface {
	// AppendCall appends call id. Ids begin at FirstID; those under way are
	// different from each other, and an id does not come again.
	AppendCall(dst []byte, id uint32) []byte
	// Reply judges the first reply in b: its size in bytes, the id of the call
	// that it answers, and whether it is the right answer. A size of 0 means
	// that b ends within the reply. After an error the connection cannot be read
	// on. Bytes after the reply are not looked at.
	Reply(b []byte) (n int, id uint32, o Outcome, err error)
	// Ordered reports whether replies must come in the order of the calls.
	Ordered() bool
}

// FirstID is where ids of calls begin. All from there on have 29 bits or more, so
// that they are of one size in variable length encodings too.
const FirstID = 1 << 28

// Outcome is what became of a call.
type Outcome byte

// The outcomes of calls. The zero Outcome is none.
const (
	// Right is the expected reply.
	Right Outcome = iota + 1
	// Exception is an exception with the id of the call, made by the server.
	Exception
	// Wrong is a reply with other contents than the call asks for.
	Wrong
)
