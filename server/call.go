package server

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/internal/loglines"
	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// call is one message of a connection, from when it has been cut off to when its
// reply stands in the outbox. It is its own place in the order of replies. Calls
// are used again.
type call struct {
	req  mux.Request
	conn *connection
	next *call // the one that came after it, on connections that keep the order

	name  *name // as received
	seqid int32 // as received

	// reorder says that from this call on replies leave in the order of the
	// calls, if they did not before, and the other way round.
	reorder bool
	walked  bool // the body's end was found by walking it
	inexact bool // bytes are left behind the body's struct, as refusal says
	last    bool // the connection ends behind the reply

	// refusal is why the session turns the call away, though the message is
	// whole; nil if it does not.
	refusal error
	form    frameForm // of a THeader frame

	inline bool       // a oneway that runs on the reader
	turn   bool       // it has a place in the order; a handler may change req
	notRun mux.NotRun // what a result that is an exception says of the call

	mux muxCall // used by ThriftMux sessions only
	// ctx is the call's own context, nil for the connection's; cancel, if it is
	// not nil, ends it and is called when the call is completed.
	ctx    context.Context
	cancel context.CancelFunc

	// at and size say where the message stands in the reader's buffer, from and
	// to where the body stands in the message.
	at, size, from, to int
	// owed is how much of size is for the reply to come.
	owed int
	// head is about how many bytes the request's headers take, in memory of their
	// own; they count from when the call is entered.
	head int
	// buf holds Body from when the call has left the reader's hands, until it is
	// completed. A session sets buf and Body at once if the body does not stand
	// in the reader's buffer. own is how many bytes the connection counts as
	// incoming for that, until the call is entered.
	buf *conn.Buffer
	own int

	decoded atomic.Int64 // bytes that the server counts for decoded arguments, while the handler runs

	lone uint64 // the connection's lone count while it runs on the goroutine that reads; else 0

	result mux.Reply  // what the handler returned, or is answered instead
	reply  conn.Piece // the same as it goes over the wire, until its turn comes
	// done says that the reply is there, though it may not be its turn yet. From
	// then on the call is in the hands of who holds the connection's lock.
	done atomic.Bool
}

// newCall returns a call of c with nothing known of it.
func newCall(w *worker, c *connection) *call {
	m := w.calls.take()
	m.conn = c
	m.req.Peer = &c.peer
	m.req.MaxDepth = c.srv.bounds.depth
	m.req.Begin()
	m.req.Memory.Max, m.req.Memory.Counter = c.srv.bounds.decoded, m
	return m
}

// free gives m up. Nobody may hold it any more.
func (m *call) free(w *worker) {
	m.req.Release()
	if m.cancel != nil {
		m.cancel()
	}
	if m.mux.ctx != nil {
		m.mux.ctx.completed()
	}
	if m.own > 0 { // it was never open, and nobody holds the connection's lock
		m.conn.chargeIncoming(-m.own)
	}
	m.giveDecoded()
	m.buf.Release()
	m.reply.Release()
	*m = call{}
	w.calls.give(m)
}

// header takes over what a message's header says. The name's bytes are not kept.
func (m *call) header(h *wire.Header) {
	m.name = m.conn.nameOf(h.Name)
	m.seqid = h.SeqID
	r := &m.req
	r.Name, r.Service, r.Method = m.name.full, m.name.service, m.name.method
	r.Type, r.SeqID, r.Protocol = h.Type, h.SeqID, h.Protocol
	if m.name.oneway && r.Type == wire.Call {
		r.Type = wire.Oneway // Go's runtime sends oneway calls as any other
	}
	if m.name.probe {
		m.refusal = errProbe
	}
}

// setBody sets the request's body, which is where it stays until the call ends.
func (m *call) setBody(b []byte) {
	m.req.Body = b
	if m.walked {
		m.req.MarkWalked()
	}
}

// do runs a call that was handed over, unless its own context has ended by now.
func (m *call) do(w *worker) {
	if m.mux.ctx != nil {
		if err := m.mux.ctx.over(); err != nil {
			m.conn.answer(w, m, err)
			return
		}
	}
	w.running = m
	err := m.conn.invoke(w, m)
	w.running = nil
	m.conn.answer(w, m, err)
}

// invoke calls the handler, whose reply is m's result.
func (c *connection) invoke(w *worker, m *call) (err error) {
	m.req.Scratch = w.memory()
	ctx := c.ctx
	switch {
	case m.ctx != nil:
		ctx = m.ctx
	case m.req.Type == wire.Oneway:
		ctx = c.base
	}
	if d := c.srv.bounds.callTime; d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	rep, err := c.srv.handler.ServeThrift(ctx, &m.req)
	r := &m.result // field by field: see conn.Piece
	r.Type, r.Failed, r.Header, r.Body = rep.Type, rep.Failed, rep.Header, rep.Body
	if rep.Protocol != 0 && rep.Protocol != m.req.Protocol && err == nil {
		r.Type, r.Body = 0, nil
		err = errProtocol(rep.Protocol, m.req.Protocol)
	}
	return err
}

// errProtocol is the failure of a call whose reply cannot be sent. It is made apart
// from invoke, where it would take room on the stack of every call.
//
//go:noinline
func errProtocol(got, want wire.Protocol) error {
	return fmt.Errorf("server: the handler answered in protocol %v a call in protocol %v", got, want)
}

// memory returns the worker's empty scratch memory.
func (w *worker) memory() []byte {
	if w.scratch == nil {
		w.scratch = conn.Take(max(w.room, minScratch))
	}
	return w.scratch.B[:0]
}

// Scratch memory follows the size of the replies.
const (
	minScratch = 4 << 10
	maxScratch = 64 << 10
)

// exited answers a call whose handler ended the goroutine. It returns the
// connection that another has to read on, if the goroutine was reading it.
func (m *call) exited(w *worker) (reading *connection) {
	c := m.conn
	if m.inline || m.lone != 0 && c.lone.CompareAndSwap(m.lone, m.lone+1) {
		reading = c
	}
	c.answer(w, m, mux.ErrGoexit)
	return reading
}

// answer completes m, whose handler has returned err and left its reply.
func (c *connection) answer(w *worker, m *call, err error) {
	c.outcome(w, m, err)
	n := len(m.result.Body)
	c.complete(w, m)
	w.room = min(max(n, w.room-w.room/8), maxScratch)
	if size := cap(w.memory()); n > size && size < maxScratch {
		w.scratch.Release()
		w.scratch = conn.Take(w.room)
	}
}

// outcome makes m's result the reply that leaves for what the handler returned, of
// type 0 if none does. It may stand in the worker's memory.
func (c *connection) outcome(w *worker, m *call, err error) {
	m.giveDecoded()
	rep := &m.result
	learned := rep.Type == wire.Oneway // the client's word for it is not enough: it may be wrong
	switch {
	case learned || m.req.Type == wire.Oneway:
		if err != nil {
			c.unanswered(m, err)
		}
		*rep = mux.Reply{}
	case err != nil:
		c.exception(w, m, err)
	case rep.Type == 0:
		c.exception(w, m, mux.Errorf(mux.MissingResult, "method %q gave no result", m.name.method))
	case rep.Type == wire.Exception:
		m.unmark()
	}
	if err == nil && m.req.Route != nil && m.name.route == nil {
		c.srv.names.keep(m.name, m.req.Route, learned)
	}
}

// exception makes m's result one that tells the client of err, and logs what the
// client is not told. Headers stay.
func (c *connection) exception(w *worker, m *call, err error) {
	code, message := mux.Public(err)
	switch code {
	case mux.InternalError:
		c.srv.logFailure(m, err)
	case mux.ProtocolError:
		c.checkBody(m)
	}
	if c.srv.VerboseErrors {
		message = err.Error()
	}
	m.result.Type, m.result.Failed = wire.Exception, false
	m.notRun = m.req.NotRun(err)
	// Clients in many languages fail on a string that is not UTF-8.
	m.result.Body = wire.AppendMarkedException(w.memory(), m.req.Protocol, int32(code), text.Valid(message), m.notRun)
}

// unmark takes out of an exception, which a handler or a filter gave as bytes, what
// says that the call was not run: bytes that come from elsewhere say that of another
// call.
func (m *call) unmark() {
	p := m.req.Protocol
	if code, text, n, err := wire.ParseMarkedException(p, m.result.Body); err == nil && n != mux.MayHaveRun {
		m.result.Body = wire.AppendExceptionBody(nil, p, code, text)
	}
}

// unanswered takes note of the failure of a oneway call, of which its client is not
// told.
func (c *connection) unanswered(m *call, err error) {
	switch code, _ := mux.Public(err); code {
	case mux.InternalError:
		c.srv.logFailure(m, err)
	case mux.ProtocolError:
		c.checkBody(m)
	}
}

// logFailure logs an error that the client is not told of, unless a filter has done so:
// at most once a second for each method and code, and for each place of a panic, whose
// stack is in the first line.
func (s *Server) logFailure(m *call, err error) {
	if m.wasLogged(err) {
		return
	}
	unlogged, first, ok := s.load.failures.Allow(loglines.Kind(&m.req, err), 1, time.Now())
	if !ok {
		return
	}
	args := []any{"service", text.Label(m.req.Service), "method", text.Label(m.req.Method),
		"peer", text.Label(m.req.Peer.String()), "err", text.Error(err)}
	if p := (*mux.PanicError)(nil); first && errors.As(err, &p) {
		args = append(args, "stack", text.Valid(string(p.Stack)))
	}
	if unlogged > 0 {
		args = append(args, "unlogged", unlogged)
	}
	s.log.Error("server: call failed", args...)
}

// wasLogged reports whether a filter has logged err. A panic that has passed through
// the filter is caught anew outside of it, as another error.
func (m *call) wasLogged(err error) (yes bool) {
	logged := m.req.Logged
	if logged == nil {
		return false
	}
	defer func() {
		if recover() != nil { // err has a comparable type, but holds a value that is not
			yes = false
		}
	}()
	var before, now *mux.PanicError
	return errors.Is(err, logged) || errors.As(logged, &before) && errors.As(err, &now)
}
