package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// dispatch starts the calls that have come in whole. A call runs on this
// goroutine only if it is alone: the only message that came, nothing behind it,
// no other call open; or if the methods of all that came are known to be quick. All
// others are handed over together, which is cheap only in bulk. still is false if
// another goroutine has taken over the reading.
func (c *connection) dispatch(w *worker) (still bool, err error) {
	w.cut = w.cut[:0]
	for len(c.in.unread()) > 0 && !c.ending.Load() {
		// Asked before the next message is cut: a reader that takes over may find
		// messages, and no room for them.
		if c.multi == nil && len(w.cut) >= c.space {
			if !c.pass(w) {
				return false, nil
			}
			w.sendUnsent()
			if err := c.room(); err != nil {
				return true, err
			}
		}
		m := newCall(w, c)
		n, err := c.sess.next(c.in.unread(), m)
		if err != nil {
			began := begin(c.in.unread()) // handOver may take the buffer along
			c.handOver(w)
			return true, c.tooBad(w, m, err, began)
		}
		if n == 0 {
			m.free(w)
			break
		}
		if m.reorder {
			if err := c.reorder(w); err != nil {
				m.free(w)
				return true, err
			}
		}
		barrier := m.req.Type == wire.Oneway && c.ordered && !c.srv.ConcurrentOneway
		if barrier {
			c.handOver(w)
		}
		// Only now: those before m may have taken the buffer along.
		m.at, m.size = c.in.pos, n
		m.req.Received = c.in.now
		c.in.consume(n)
		switch {
		case m.req.Type == 0:
			m.free(w)
		case m.refusal != nil:
			c.turnAway(w, m, m.refusal)
		case barrier:
			c.runOneway(w, m)
		case m.req.Type != wire.Call && m.req.Type != wire.Oneway:
			c.turnAway(w, m, mux.Refusef(mux.DoNotSendAgain, mux.InvalidMessageType, "a client sends calls, not messages of type %v", m.req.Type))
		case c.ordered && len(w.cut) == 0 && len(c.in.unread()) == 0 && c.enterAlone(m):
			return c.runHere(w, m), nil
		default:
			w.cut = append(w.cut, m)
			if len(w.cut) < c.srv.bounds.callsPerConn && m.own < maxRead {
				continue
			}
			if !c.pass(w) {
				return false, nil
			}
			w.sendUnsent()
		}
	}
	return c.pass(w), nil
}

// pass has the calls run that were cut: here if all are quick, and else by the
// workers. still is as dispatch's.
func (c *connection) pass(w *worker) (still bool) {
	if c.ordered && len(w.cut) > 0 && !slices.ContainsFunc(w.cut, func(m *call) bool { return !m.name.quick }) {
		return c.runQuick(w)
	}
	c.handOver(w)
	return true
}

// reorder changes whether replies leave in the order of the calls, when all that
// came before are answered.
func (c *connection) reorder(w *worker) error {
	c.handOver(w)
	w.sendUnsent()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turning = true
	err := c.unfull()
	c.turning = false
	if err == nil {
		c.ordered = !c.ordered
	}
	return err
}

// handOver passes the calls that were cut to the workers.
func (c *connection) handOver(w *worker) {
	if b := c.enterCut(w); b != nil {
		c.srv.workers.add(b)
	}
}

// enterCut enters the calls that were cut and moves their bytes, so that they can
// run. It returns nil if none may.
func (c *connection) enterCut(w *worker) *batch {
	calls := w.cut
	if len(calls) == 0 {
		return nil
	}
	c.moveBytes(calls)
	c.enter(calls...)
	free, err := c.srv.admit(c, len(calls))
	for _, m := range calls[free:] {
		c.srv.refused(&c.peer, err.bound, err)
		c.reject(w, m, err.refusal())
	}
	if free == 0 {
		w.cut = calls[:0]
		return nil
	}
	var b *batch
	b, w.cut = newBatch(c, calls[:free])
	return b
}

// moveBytes moves the bytes of calls out of the reader's hands: in a piece of
// memory of their own if they are few, or else with the whole buffer. It leaves
// those that have a buffer.
func (c *connection) moveBytes(calls []*call) {
	holders := 0
	for _, m := range calls {
		if m.buf == nil {
			holders++
		}
	}
	if holders == 0 {
		return
	}
	last := calls[len(calls)-1]
	first, end := calls[0].at, last.at+last.size
	var buf *conn.Buffer
	if end-first <= cap(c.in.buf.B)/2 {
		buf = conn.Take(end - first)
		buf.B = append(buf.B, c.in.buf.B[first:end]...)
	} else {
		buf, first = c.in.detach(), 0
	}
	buf.Hold(holders - 1)
	for _, m := range calls {
		if m.buf == nil {
			m.buf = buf
			m.setBody(buf.B[m.at-first+m.from : m.at-first+m.to])
		}
	}
}

// runHere runs a call that was entered on the goroutine that reads. still is
// false if the reading was taken over meanwhile.
func (c *connection) runHere(w *worker, m *call) (still bool) {
	if m.buf == nil {
		m.buf = c.in.detach()
		m.setBody(m.buf.B[m.at+m.from : m.at+m.to])
	}
	if free, err := c.srv.admit(c, 1); free == 0 {
		c.srv.refused(&c.peer, err.bound, err)
		c.reject(w, m, err.refusal())
		return true
	}
	m.lone = c.beginLone()
	err := c.invokeLone(w, m)
	if still = c.lone.CompareAndSwap(m.lone, m.lone+1); !still {
		m.lone = 0
	}
	c.answer(w, m, err)
	return still
}

// beginLone makes the lone count odd and returns it. From here on, what belongs to
// the reading is out of reach, until the count has been moved on.
func (c *connection) beginLone() uint64 {
	n := c.lone.Load() + 1
	c.lone.Store(n)
	if !c.listed.Load() {
		c.srv.monitor.add(c)
	}
	return n
}

// invokeLone is invoke on the goroutine that reads.
func (c *connection) invokeLone(w *worker, m *call) error {
	m.req.OnBlock = c.onBlock
	w.running = m
	err := c.invoke(w, m)
	w.running = nil
	return err
}

// runOneway runs a oneway call on the goroutine that reads, so that what came
// after it waits.
func (c *connection) runOneway(w *worker, m *call) {
	m.inline = true
	if m.buf == nil {
		m.setBody(c.in.buf.B[m.at+m.from : m.at+m.to])
	}
	if free, err := c.srv.admit(c, 1); free == 0 {
		c.srv.refused(&c.peer, err.bound, err)
		c.srv.load.calls.Add(-1)
		m.free(w)
		return
	}
	w.running = m
	err := c.invoke(w, m)
	w.running = nil
	c.answer(w, m, err)
}

// turnAway answers a call, which was not entered yet, without running it.
func (c *connection) turnAway(w *worker, m *call, err error) {
	c.handOver(w)
	c.srv.load.calls.Add(1)
	c.enter(m)
	c.reject(w, m, err)
}

// reject answers a call that was entered without running it.
func (c *connection) reject(w *worker, m *call, err error) { c.answer(w, m, err) }

// tooBad ends the reading at bytes that make no sense or are too many. If the
// call they belong to is known, it is told. The log is shown how the message
// began, since what seems too large may be no message at all.
func (c *connection) tooBad(w *worker, m *call, err error, began string) error {
	if m.req.Type == wire.Call {
		m.size = 0
		c.turnAway(w, m, malformed(err))
	} else {
		m.free(w)
	}
	var we *wire.Error
	if !errors.As(err, &we) {
		return err
	}
	err = fmt.Errorf("server: message that begins with %s: %w", began, err)
	if we.TooLarge() {
		return c.refuse(boundOf(we), err)
	}
	return err
}

// malformed is the answer to a call whose bytes cannot be read, or are too many.
func malformed(err error) *mux.Error {
	return &mux.Error{Code: mux.ProtocolError, Message: err.Error(), NotRun: mux.DoNotSendAgain}
}

// boundOf names the field behind a limit of package wire, or of the codecs that
// report theirs as it does.
func boundOf(e *wire.Error) string {
	for _, b := range boundsOfItems {
		if strings.Contains(e.What, b.item) {
			return b.field
		}
	}
	return "MaxMessageSize"
}

// boundsOfItems tells by what an item is called which field bounds it; all others
// are parts of a message, or whole ones.
var boundsOfItems = []struct{ item, field string }{
	{"name length", "MaxNameLen"},
	{"JSON header length", "MaxNameLen"}, // which leaves room for the longest name
	{"depth", "MaxDepth"},
	{"THeader header size", "MaxHeaderBytes"},
	{"key-values", "MaxHeaderBytes"},
	{"size before the payload", "MaxHeaderBytes"},
	{"count of init headers", "MaxHeaderBytes"},
	{"size of all fragments", "MaxConnBytes"},
}

// overBound is the error of calls that a bound of the server turns away.
type overBound struct {
	bound string
	limit int64
	// held is how many bytes the connection holds, with the replies to come, and free
	// how many are free for it. held is 0 if all connections together reach the bound.
	held, free int64
}

func (e *overBound) Error() string { return "server: call over " + e.text() }

// refusal is what the client is told.
func (e *overBound) refusal() error {
	return mux.Refusef(mux.SendAgain, mux.Overloaded, "overloaded: the server is over %s; the call was not run", e.text())
}

func (e *overBound) text() string {
	if e.held > 0 {
		return fmt.Sprintf("the connection's share of the limit of %d (%s): it holds %d bytes, with the replies to come, and %d are free for it", e.limit, e.bound, e.held, e.free)
	}
	return fmt.Sprintf("the limit of %d (%s)", e.limit, e.bound)
}

// admit counts n calls of c that have been entered as open, and tells how many of
// them may run.
func (s *Server) admit(c *connection, n int) (free int, err *overBound) {
	calls := s.load.calls.Add(int64(n))
	if s.load.bytes.Load() > s.bounds.bytes && !c.isSmall() {
		return 0, &overBound{bound: "MaxBytes", limit: s.bounds.bytes}
	}
	over := calls - int64(s.bounds.calls)
	if over <= 0 {
		return n, nil
	}
	return int(max(int64(n)-over, 0)), &overBound{bound: "MaxCalls", limit: int64(s.bounds.calls)}
}
