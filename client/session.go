package client

import (
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// A session is the dialect of one connection. It lays out calls and cuts the
// stream of replies; ids, waiting, bounds and writing are the connection's.
type session interface {
	// appendCall appends the call, under id, as it goes over the wire. It runs
	// under the connection's lock. On an error nothing of the call is sent, and
	// what it returned is dropped.
	appendCall(dst []byte, req *mux.Request, id uint32) ([]byte, error)
	// next cuts the first reply off in, which holds all bytes that are not
	// consumed yet, and fills in r. It returns the size of the message, or 0 if
	// in ends within it; it is then called again with the same bytes and more
	// behind them. A message that is no reply leaves r.kind 0.
	//
	// It runs on the goroutine that reads, without the lock. An error ends the
	// connection.
	next(in []byte, r *reply) (n int, err error)
}

// A canceler is a session that can tell the server of a call that was given up.
type canceler interface {
	session
	// appendCancel appends the message for the call under id, which keeps its id
	// until the server has answered. It runs under the connection's lock.
	appendCancel(dst []byte, id uint32, why error) []byte
}

// A multiplexer is a session whose calls carry more than a message: what of their
// callers' contexts is to be sent.
type multiplexer interface {
	canceler
	// appendDispatch is appendCall for the call m.
	appendDispatch(dst []byte, m *call, req *mux.Request) ([]byte, error)
	// appendPing appends a message that a live server answers at once. It runs
	// under the connection's lock.
	appendPing(dst []byte) []byte
}

// reply is what a session has cut off the stream.
type reply struct {
	id     uint32
	kind   wire.Type // Reply or Exception
	made   bool      // by the session, for an answer that is no Thrift message and has no name
	walked bool      // body's end was found by walking it
	// protocol is what body is encoded in, if that is not the protocol of the
	// connection's calls; else 0.
	protocol wire.Protocol
	name     []byte // as the server sent it; a view of the stream
	body     []byte // a view of the stream, or memory of its own
	header   mux.Header
	// fault is why the reply is of no use to its call, though the stream goes on
	// behind it; nil if it is not.
	fault error
	// unknown is why the call was not run if it was a message that old servers do
	// not know; nil for all other replies. See call.old.
	unknown error
}

// A dialect is a row of the table of what a client speaks.
type dialect struct {
	name string
	open func(c *connection) session
	// lastID is the greatest id of a call that is answered; 0 stands for
	// conn.LastID.
	lastID uint32
}

// dialects is the table.
var dialects = map[wire.Dialect]dialect{
	wire.Framed:    {name: "framed", open: openFramed},
	wire.Buffered:  {name: "buffered", open: openBuffered},
	wire.THeader:   {name: "theader", open: openTHeader},
	wire.ThriftMux: {name: "thriftmux", open: openThriftMux, lastID: thriftmux.MaxTag - tagsBelow},
}
