package server

import (
	"errors"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// checkBody looks whether m, which has failed with a ProtocolError, came in a frame
// that holds more or less than one struct. Stubs and clients that pass calls on
// refuse such a body, but their error may as well be about another message, so the
// body itself is asked.
//
// The client takes the frame for something else than the server does. Where replies
// keep the order of the calls, it would take the replies to come for those of other
// calls than they answer, so the connection ends behind this one.
func (c *connection) checkBody(m *call) {
	switch {
	case m.inexact:
		c.refuseInexact(m, m.refusal)
	case m.req.Body != nil && !m.req.Walked():
		err := wire.ExactStruct(m.req.Protocol, m.req.Body, wire.Limits{Depth: m.req.MaxDepth})
		var we *wire.Error
		if errors.As(err, &we) && (we.Kind == wire.Trailing || we.Kind == wire.Truncated) {
			c.refuseInexact(m, err)
		}
	}
}

// refuseInexact reports a call whose frame does not hold exactly one struct, and ends
// the connection behind it if replies keep the order.
func (c *connection) refuseInexact(m *call, err error) {
	why := &mux.Refusal{Bound: "frame", Err: err}
	c.srv.refused(&c.peer, why.Bound, why.Err)
	c.mu.Lock()
	ends := c.ordered // it does not change while a call is open
	if m.last = ends; ends && c.inexact == nil {
		c.inexact = why
	}
	c.mu.Unlock()
	if ends {
		c.ending.Store(true)
		c.stopReading()
	}
}
