package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// serve passes a call through the filters, if there are any.
func (c *core) serve(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	if c.filtered == nil {
		return c.call(ctx, req)
	}
	return c.filtered.ServeThrift(ctx, req)
}

// sender is the handler that the client's filters are around.
type sender struct{ *core }

var _ mux.Forwarder = sender{}

// Forwards implements mux.Forwarder.
func (sender) Forwards() {}

func (s sender) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	req.Sending()
	rep, err := s.call(ctx, req)
	attempted(req, &rep, err)
	req.Sent()
	return rep, err
}

// attempted notes in req what came of sending it. It returns what the exception says
// that rep is, if it is one of a call that was not run.
func attempted(req *mux.Request, rep *mux.Reply, err error) (code int32, text string, n mux.NotRun) {
	if err == nil && rep.Type == wire.Exception {
		if code, text, n, err := wire.ParseMarkedException(req.Protocol, rep.Body); err == nil && n != mux.MayHaveRun {
			req.Attempted(n)
			return code, text, n
		}
	}
	// Other errors are those of the client's filters, in front of which the call was
	// noted as far as it was sent.
	if e, ok := err.(*Error); err == nil || ok && e.NotRun == mux.MayHaveRun {
		req.Attempted(mux.MayHaveRun)
	}
	return 0, "", mux.MayHaveRun
}

// call sends a call and returns what came of it. It sends again what certainly was
// not run, and what may have been if that does no harm, within attempts and budget.
func (c *core) call(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	i := poolIndex(req.Protocol)
	if i < 0 {
		return mux.Reply{}, named(req, &Error{Code: mux.InvalidProtocol, NotRun: mux.DoNotSendAgain,
			Err: fmt.Errorf("calls in protocol %v are not forwarded", req.Protocol)})
	}
	req.Release()
	if ctx.Err() != nil {
		return mux.Reply{}, named(req, over(ctx, true, context.Cause(ctx)))
	}
	// Before a byte leaves: what is behind the struct would be a call to the server,
	// and one that ends too early would swallow the call behind it.
	if err := req.CheckBody(); err != nil {
		return mux.Reply{}, named(req, &Error{Code: mux.ProtocolError, NotRun: mux.DoNotSendAgain, Err: err})
	}
	var doubt error // why a sending failed that may have been run
	for attempt := 1; ; attempt++ {
		m := c.newCall()
		m.ctx, m.attempt = ctx, attempt
		if err := c.pools[i].place(ctx, m, req); err != nil {
			c.free(m)
			return mux.Reply{}, named(req, inDoubt(err, doubt))
		}
		req.WillBlock()
		ended := m.wait(ctx)
		switch {
		case ended != nil:
			err := over(ctx, false, ended)
			err.Addr = m.conn.node.endpoint.Addr
			c.free(m)
			return mux.Reply{}, named(req, err)
		case m.err != nil && m.unsent && ctx.Err() == nil:
			attempt-- // it was not sent: it moves
		case !c.again(m, req, attempt):
			return c.finish(m, req, doubt)
		case m.err != nil:
			doubt = m.err
		}
		m.buf.Release()
		c.free(m)
	}
}

// again reports whether a call that was sent is to be sent once more.
func (c *core) again(m *call, req *mux.Request, attempt int) bool {
	switch {
	case m.err == nil && m.kind != wire.Exception:
		return false
	case m.fault: // another run would bring another such reply
		return false
	case m.err != nil:
		if f := c.config.Idempotent; f == nil || !f(req.Service, req.Method) {
			return false
		}
	default:
		if _, _, n, err := wire.ParseMarkedException(req.Protocol, m.body); err != nil || n != mux.SendAgain {
			return false
		}
		req.Attempted(mux.SendAgain)
		m.conn.node.refused(m)
	}
	return attempt < c.bounds.attempts && m.ctx.Err() == nil && c.ctx.Err() == nil && c.budget.take(c.started(), time.Now())
}

// finish returns what came of m, and gives it up. doubt is why an earlier sending
// failed that may have been run.
func (c *core) finish(m *call, req *mux.Request, doubt error) (mux.Reply, error) {
	defer c.free(m)
	if m.err != nil || m.kind == wire.Exception {
		if err := m.failure(req, doubt); err != nil {
			return mux.Reply{}, err
		}
	}
	if m.kind == 0 {
		return mux.Reply{}, nil
	}
	if m.buf != nil {
		req.Held = m.buf
	}
	rep := mux.Reply{Type: m.kind, Protocol: m.coded, Header: m.header, Body: m.body}
	rep.Failed = failed(rep.EncodedIn(req), m.kind, m.body)
	if m.walked {
		req.MarkReplyWalked(m.body)
	}
	return rep, nil
}

// failure returns why a call has failed that has no result, nil if its caller gets the
// server's exception. doubt is as in finish.
func (m *call) failure(req *mux.Request, doubt error) error {
	addr := m.conn.node.endpoint.Addr
	if err := deadlineError(m, req.Protocol); err != nil {
		m.buf.Release()
		err.Addr = addr
		return named(req, inDoubt(err, doubt))
	}
	if m.err != nil {
		err := &Error{Code: mux.InternalError, Addr: addr, Err: m.err}
		if m.fault {
			err.Code = mux.ProtocolError
		}
		if m.unsent {
			err.Code, err.NotRun = mux.Unavailable, mux.SendAgain
		}
		if _, ok := m.err.(*wrongName); ok {
			err.Code = mux.WrongMethodName
		}
		return named(req, inDoubt(err, doubt))
	}
	if doubt != nil {
		code, text, n, err := wire.ParseMarkedException(req.Protocol, m.body)
		if err == nil && n != mux.MayHaveRun {
			m.buf.Release()
			return named(req, inDoubt(&Error{Code: mux.Code(code), Addr: addr, NotRun: n, Err: errors.New(text)}, doubt))
		}
	}
	return nil
}

// takeCall takes a place of the Limits, and waits for one unless that fails at
// once. w is the call's place in line, nil if it has none: then it is not counted
// yet as one that waits.
func (p *pool) takeCall(ctx context.Context, req *mux.Request, w *waiter) error {
	c := p.client
	if c.limits.tryCall() {
		return nil
	}
	if c.config.FailFast {
		return overloaded("MaxCalls", int(c.limits.maxCalls()), "calls are in flight")
	}
	if w != nil {
		c.limits.conns.pass(p, w) // what it waits for now is not a connection
	} else {
		if err := c.limits.beginWait(len(req.Body)); err != nil {
			return err
		}
		defer c.limits.endWait(len(req.Body))
		req.WillBlock()
	}
	if err := c.limits.awaitCall(ctx, c.ctx.Done()); err != nil {
		if errors.Is(err, ErrClosed) {
			return unavailable(err)
		}
		return over(ctx, true, fmt.Errorf("%w, while %d calls are in flight (MaxCalls)", err, c.limits.maxCalls()))
	}
	return nil
}

// failFast is the failure of a call that found no room on the connections in v, nil
// if one is being opened or can be at once.
func (c *core) failFast(v *view, p *pool, w *waiter) error {
	if c.opening(p) {
		return nil
	}
	for _, n := range v.ready {
		for _, o := range n.list(p) {
			if o.phase() == open {
				return &Error{Code: mux.Overloaded, NotRun: mux.SendAgain, Err: errFull}
			}
		}
	}
	switch {
	case w.asked:
		return c.limits.conns.comes(p)
	case len(v.usable) > 0:
		return nil
	}
	return unavailable(c.noEndpoint())
}

var (
	errFull = errors.New("no connection has room for another call (MaxCallsPerConn, MaxConnBytes, MaxAbandoned), " +
		"and no other may be opened now (MaxConnsPerEndpoint, Limits.MaxConns)")
	errNoRoom = errors.New("no open connection has room for another call, and the next one is not ready yet")
)

// opening reports whether a connection in p is being opened.
func (c *core) opening(p *pool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.nodes, func(n *Node) bool { return n.dialing[p.index] > 0 })
}

// noEndpoint says why there is no endpoint for a call.
func (c *core) noEndpoint() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.resolved
	for _, n := range c.nodes {
		if len(n.connections()) > 0 {
			return errNoRoom // an old failure is not the reason
		}
		if n.err != nil {
			last = n.err
		}
	}
	switch {
	case last != nil:
		return fmt.Errorf("no endpoint is up; the last failure: %w", last)
	case len(c.nodes) == 0:
		return errors.New("the target resolved to no endpoints")
	}
	return errNoRoom
}

// waited is the failure of a call whose context ended while it waited for a
// connection.
func (c *core) waited(ctx context.Context) error {
	return over(ctx, true, fmt.Errorf("%w, while waiting for a connection: %w", context.Cause(ctx), c.noEndpoint()))
}

// over is the failure of a call whose context has ended, for the reason why.
func over(ctx context.Context, notRun bool, why error) *Error {
	code := mux.Canceled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		code = mux.DeadlineExceeded
	}
	if !errors.Is(why, ctx.Err()) {
		why = fmt.Errorf("%w: %w", ctx.Err(), why)
	}
	e := &Error{Code: code, Err: why}
	if notRun {
		e.NotRun = mux.SendAgain
	}
	return e
}

func unavailable(why error) *Error {
	if errors.Is(why, ErrClosed) {
		return &Error{Code: mux.Unavailable, NotRun: mux.DoNotSendAgain, Err: why}
	}
	return &Error{Code: mux.Unavailable, NotRun: mux.SendAgain, Err: why}
}

// inDoubt is the failure err of a call that was sent before, which failed for the
// reason why though the call may have been run: that the last sending was not says
// nothing of the first. It is err itself if why is nil.
func inDoubt(err, why error) error {
	if why == nil {
		return err
	}
	e, ok := err.(*Error)
	switch {
	case !ok:
		e = &Error{Err: err}
	case e.NotRun == mux.MayHaveRun:
		return e
	}
	if e.NotRun = mux.MayHaveRun; e.Code == mux.DeadlineExceeded || e.Code == mux.Canceled {
		e.Err = fmt.Errorf("%w, after the call was sent and failed: %w", e.Err, why)
	} else {
		e.Code, e.Err = mux.InternalError, fmt.Errorf("%w; it was not run when sent again: %v", why, e.Err)
	}
	return e
}

// named puts the call's name into a failure.
func named(req *mux.Request, err error) error {
	e, ok := err.(*Error)
	if !ok {
		// A session could not lay out the call.
		e = &Error{Code: mux.ProtocolError, NotRun: mux.DoNotSendAgain, Err: err}
	}
	e.Service, e.Method = req.Service, req.Method
	return e
}
