package client

import (
	"context"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// call is one sending of a call on a connection. Whoever takes it out of the
// connection's table completes it: sets what it came to and sends to done, once.
// Calls are used again.
type call struct {
	done chan struct{} // capacity 1

	ctx        context.Context // its caller's
	attempt    int             // 1 for the first sending
	conn       *connection
	id         uint32
	service    string    // as sent
	method     string    // as sent
	leads      bool      // its caller reads the connection
	prev, next *call     // by age, on the connection
	unwritten  bool      // it is one of the connection's oneways; guarded by its mutex
	at         time.Time // when it was sent, with Adaptive
	refusals   uint32    // the node's count of refusals when it was sent
	from, to   int64     // where its bytes stand in all that the connection sends

	kind   wire.Type // Reply, Exception, or 0 for a oneway
	body   []byte
	walked bool          // as in reply
	coded  wire.Protocol // what body is encoded in, if not the call's protocol; else 0
	header mux.Header
	buf    *conn.Buffer // that body stands in; nil if it is memory of its own
	err    error        // why there is no reply
	unsent bool         // nothing of it was written, or the server did not know what it is
	fault  bool         // there is a reply, but err makes it useless
	old    bool         // it was sent as a message that old ThriftMux servers know
}

// newCall returns a call with nothing known of it. Each client has a pool of its
// own: a channel that was made in a synctest bubble must stay there.
func (c *core) newCall() *call {
	if m, _ := c.calls.Get().(*call); m != nil {
		return m
	}
	return &call{done: make(chan struct{}, 1)}
}

// free gives m up. Nobody may complete it any more, and done must be empty.
func (c *core) free(m *call) {
	m.ctx, m.conn, m.leads, m.kind = nil, nil, false, 0
	m.service, m.method = "", ""
	m.body, m.coded, m.walked, m.header, m.buf, m.err, m.unsent, m.fault = nil, 0, false, nil, nil, nil, false, false
	c.calls.Put(m)
}

// fail completes m without a reply. The caller has taken it out of the table.
func (m *call) fail(why error, unsent bool) {
	m.err, m.unsent = why, unsent
	m.done <- struct{}{}
}

// wait waits until m is completed or ctx ends. It returns ctx's error in that
// case, and m is the caller's alone whatever it returns.
func (m *call) wait(ctx context.Context) error {
	if m.leads {
		return m.conn.lead(ctx, m)
	}
	ended := ctx.Done()
	if ended == nil {
		<-m.done
		return nil
	}
	select {
	case <-m.done:
		return nil
	case <-ended:
		if why := context.Cause(ctx); m.conn.abandon(m, why) {
			return why
		}
		<-m.done
		return nil
	}
}
