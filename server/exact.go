package server

import (
	"errors"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// checkBody looks whether m, which has failed with a ProtocolError, came in a frame
// that holds more than one struct. Stubs and clients that pass calls on refuse such a
// body, but their error may as well be about another message, so the body itself is
// asked.
//
// The client takes the frame for something else than the server does. Where replies
// keep the order of the calls, it would take the replies to come for those of other
// calls than they answer, so the connection ends behind this one. A struct that ends
// too early is its own call's failure alone: nothing is left that could be a call.
func (c *connection) checkBody(m *call) {
	switch {
	case m.inexact:
		c.refuseInexact(m, m.refusal)
	case m.req.Body != nil && !m.req.Walked():
		if err := wire.ExactStruct(m.req.Protocol, m.req.Body, wire.Limits{Depth: m.req.MaxDepth}); hasRest(err) {
			c.refuseInexact(m, err)
		}
	}
}

// hasRest reports whether err, of wire.ExactStruct, says that bytes are left behind the
// struct.
func hasRest(err error) bool {
	var we *wire.Error
	return errors.As(err, &we) && we.Kind == wire.Trailing
}

// refuseInexact reports a call whose frame holds more than one struct, and ends
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
