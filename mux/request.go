package mux

import (
	"bytes"
	"time"

	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Request is one call on its way to a handler. It belongs to the session that
// read it and is used again for another call once ServeThrift has returned.
type Request struct {
	// Name is the name as it was on the wire. It never changes.
	Name string
	// Service and Method are the current names: the two parts of Name until a
	// filter or the router sets others. An empty Service is the default one.
	Service, Method string
	// Route is the route that matched, nil before routing and without a match.
	// It stays set when ServeThrift has returned, so that outer filters can ask.
	Route *Route
	// Type is wire.Call or wire.Oneway.
	Type wire.Type
	// SeqID is the sequence id of the message. Many clients send 0 always: it
	// does not identify a call.
	SeqID int32
	// Protocol says how Body is encoded; the reply's body must be encoded alike.
	Protocol wire.Protocol
	// ReplyHeader says that the client gets the headers of the reply too.
	ReplyHeader bool
	answered    bool // by its route, in a way that shows that there is such a method
	// Header holds the headers of the call, empty where the dialect has none.
	Header Header
	// Peer is the other end of the connection. It is shared by all calls of the
	// connection, outlives them and must not be changed. It may be nil in tests.
	Peer *Peer
	// Received is when the bytes were read: one clock reading for all messages
	// that came together.
	Received time.Time
	// Body is the encoded argument struct. It is valid until ServeThrift
	// returns and must not be written to.
	//
	// Stubs refuse a Body that is not exactly one struct, and so does a client's
	// handler. To any other handler it is what stood in the frame: it may be cut
	// short or have bytes behind the struct, which may be a call of their own to
	// whoever reads them next. A handler that passes the bytes on, or stores
	// them, needs the filter [Exact] or asks [Request.CheckBody].
	Body []byte
	// Scratch has length 0 and belongs to the session: a handler may append its
	// reply's body to it and return that, which saves an allocation. It may be
	// nil.
	Scratch []byte
	// MaxDepth bounds the nesting of structs and containers when Body is
	// decoded. 0 means 64.
	MaxDepth int
	// Memory bounds what stubs decode of Body, and tells the session of it. Its
	// Struct is the stub's to set.
	Memory protocol.Memory
	// Held is set by a handler whose reply's body is memory that is used again,
	// and released by the session when it has sent or copied the reply; see
	// Release.
	Held interface{ Release() }
	// OnBlock is set by a session that runs the call on the goroutine that reads
	// its connection; see WillBlock.
	OnBlock func()
	// Logged is the failure of this call that a filter has written to a log, or has
	// counted as one that its limit left out. A server does not log that error, or
	// one that wraps it, a second time. A filter that logs calls sets it.
	Logged error

	progress *progress // own, or that of the request which this one is a copy of
	own      progress

	walked, walkedReply span
}

// WillBlock tells the session that the handler is about to wait. If the call
// runs on the goroutine that reads the connection, another goroutine takes over
// the reading at once, instead of some 20 ms later. Calling it needlessly, or
// more than once, does no harm. It must be called from the goroutine that
// ServeThrift was called on.
func (r *Request) WillBlock() {
	if f := r.OnBlock; f != nil {
		r.OnBlock = nil
		f()
	}
}

// Release releases what a reply to this request stands in, if anything. Who calls
// ServeThrift does so when the reply is of no use any more; a handler that asks
// another more than once does so in between. Without it the memory is merely not
// used again.
func (r *Request) Release() {
	r.walkedReply = span{}
	if r.Held != nil {
		r.Held.Release()
		r.Held = nil
	}
}

// Clone returns a copy that shares no memory with r's session: it may be kept
// and read for as long as the caller likes. Its Scratch is nil. Clones may be passed
// on side by side: what runs a clone may have run r's call.
func (r *Request) Clone() *Request {
	c := r.fork()
	c.Header = r.Header.Clone()
	c.Body = bytes.Clone(r.Body)
	c.walked, c.walkedReply = span{}, span{} // they are of other memory
	c.Scratch = nil
	c.Held = nil
	c.OnBlock = nil
	c.Memory.Counter = nil // it counts for as long as the call runs
	return c
}

// Labels returns the names of the call for metrics and other tables that must
// stay small whatever clients send: the service of the route and a method known
// to it, both valid UTF-8 of at most 256 bytes. Calls without a route have the labels
// "unknown", "unknown"; see [Route.MethodLabel] for methods that are not known. Ask
// after the call, when the route has been found and it is known whether the method
// exists: a call that was answered counts for its name each time that Labels is
// asked.
func (r *Request) Labels() (service, method string) {
	if r.Route == nil {
		return "unknown", "unknown"
	}
	if r.answered {
		r.Route.answered(r.Method)
	}
	return text.Label(r.Route.Service), r.Route.MethodLabel(r.Method)
}
