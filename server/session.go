package server

import (
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// A session is the dialect of one connection. It cuts the stream into messages
// and lays out replies; running calls, keeping the order, bounds and writing are
// the connection's.
type session interface {
	// next cuts the first message off in, which holds all bytes that are not
	// consumed yet. It returns the size of the message, or 0 if in ends within
	// it; it is then called again with the same bytes and more behind them. It
	// calls m.header, and sets m.from and m.to to where the body stands in the
	// message. A message that is no call leaves m.req.Type 0.
	//
	// It runs on the goroutine that reads. An error ends the connection. If m.req.Type is set by then, the call is
	// answered with the error first.
	next(in []byte, m *call) (n int, err error)
	// shed is called when there is no room for the rest of the message of which in
	// is the beginning, more than bounds.small of it. It returns how many bytes of
	// the message are still to come and sets m as next does, if the session knows
	// where the message ends; -1 if it does not. If the call is not known, its type
	// is 0: there is nobody to be told, or the session has done so.
	shed(in []byte, m *call, why *overBound) (rest int)
	// appendReply appends m.result, which has a type and is encoded in the call's
	// protocol. It may run on any goroutine, several at a time and while
	// next runs. On connections whose replies leave by id it runs under the
	// connection's lock.
	appendReply(dst []byte, m *call) []byte
}

// A multiplexer is a session with more on it than calls: pings, cancels and a
// drain. They are seen at any time, since reading never pauses for calls that
// run, only for a client that does not read; the session itself turns away what is
// over a bound of the connection. Its replies leave by id.
type multiplexer interface {
	session
	// refill moves what waits for its turn to the outbox, of which written bytes
	// have just been written. It runs under the connection's lock before each write
	// but the first.
	refill(written int)
	// drop forgets what waits for its turn: the connection is broken. It runs
	// under the connection's lock.
	drop()
	// room returns about how many bytes of m's reply go into the outbox at once. It
	// runs under the connection's lock.
	room(m *call) int
	// waiting returns how many bytes wait for their turn. It runs under the
	// connection's lock.
	waiting() int
	// hasWord reports whether messages of the session's own were put into the
	// outbox since it was last asked. It runs under the connection's lock.
	hasWord() bool
	// stalled reports whether the client makes the session answer more than it
	// reads, so that no more is to be read. It runs under the connection's lock.
	stalled() bool
	// drain tells the client to start no more calls, by a message in the outbox.
	// It reports false if nothing keeps the connection from ending. The session
	// calls stopReading when that is so later. It runs under the connection's
	// lock, and may run more than once.
	drain() bool
	// ended is called by the goroutine that reads when nothing more will be.
	ended()
}

// A dialect is a row of the table of what a connection may speak.
type dialect struct {
	name string
	// byID says that clients match replies by id: they leave as they are ready,
	// and every call is handed over, since pings and cancels may come behind it.
	byID bool
	open func(c *connection, o wire.Opening) session
	// take, instead of open, takes the connection off the reader's hands. It
	// returns errTaken if it has.
	take func(c *connection) error
}

// layers are what may stand before a dialect: each takes it off, and what is
// behind or inside is looked at anew.
var layers = map[wire.Dialect]func(c *connection) error{
	wire.TLS:     (*connection).startTLS,
	wire.ProxyV1: (*connection).proxied,
	wire.ProxyV2: (*connection).proxied,
}

// dialects is the table, by what the first bytes of a connection were found to be.
var dialects = map[wire.Dialect]dialect{
	wire.Framed:    {name: "framed", open: openFramed},
	wire.Buffered:  {name: "buffered", open: openBuffered},
	wire.THeader:   {name: "theader", open: openTHeader},
	wire.HTTP:      {name: "http", take: (*connection).takenByHTTP},
	wire.ThriftMux: {name: "thriftmux", byID: true, open: openThriftMux},
}
