package mux

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// NotRun says of a call that failed whether it was certainly not run. It is no
// property of a code: a handler may fail with any code after it has done its work.
type NotRun = wire.NotRun

const (
	// MayHaveRun, the zero NotRun: the call was run, or it may have been.
	MayHaveRun = wire.MayHaveRun
	// SendAgain: the call was certainly not run, and may succeed if it is sent
	// again. Clients do so by themselves.
	SendAgain = wire.SendAgain
	// DoNotSendAgain: the call was certainly not run, and is not to be sent again:
	// it would be refused again, or has been sent often enough.
	DoNotSendAgain = wire.DoNotSendAgain
)

// A Forwarder is a Handler that does not run calls itself: it passes each call on
// whole, or refuses it. A call counts as run as soon as any other handler is called.
// A Forwarder notes in the request what became of the call: it calls
// [Request.Sending] before it sends, [Request.Attempted] for each sending,
// [Request.Sent] when nothing more is to come of them, and [Request.Vouch] for the
// error it returns.
type Forwarder interface {
	Handler
	// Forwards marks the type and does nothing.
	Forwards()
}

// progress is what is known of whether a call was run. All copies of a Request
// share it; they are used one after the other, and what runs side by side is cloned.
type progress struct {
	entered bool     // a handler was called that is no Forwarder
	ran     bool     // a handler that was called did not vouch that the call was not run
	sent    uint32   // how a client's attempts ended, as bits; accessed atomically
	flying  int32    // how many sendings have not ended; accessed atomically
	vouched *Error   // what a Forwarder has returned
	clones  *sharing // nil as long as there are no clones
}

// sharing is what a request and its clones, which may run side by side, tell each
// other.
type sharing struct {
	entered, ran atomic.Bool
	flying       atomic.Int32
}

// The bits of progress.sent.
const (
	sentMayHaveRun = 1 << iota
	sentRefused
)

// cloning is held while a request is copied and gets its sharing.
var cloning sync.Mutex

// Begin makes r the request of a new call, of which nothing was run. Sessions and
// clients call it before they pass r on. Copies of r that are made afterwards count
// as the same call.
func (r *Request) Begin() {
	r.own = progress{}
	r.progress = &r.own
}

func (r *Request) state() *progress {
	if r.progress == nil {
		r.Begin()
	}
	return r.progress
}

// enter notes that a handler is called which may run the call. If the handler is
// given no request, and so can vouch for nothing, final is true.
func (p *progress) enter(final bool) {
	p.entered, p.vouched = true, nil
	p.ran = p.ran || final
	if p.clones != nil {
		p.clones.enter(final)
	}
}

func (s *sharing) enter(final bool) {
	s.entered.Store(true)
	if final {
		s.ran.Store(true)
	}
}

// unenter takes back enter, before which the progress was before: the handler has
// found that it cannot run the call.
func (r *Request) unenter(before progress) {
	p := r.state()
	if p.clones == nil { // what a clone was told stays said
		p.entered, p.ran, p.vouched = before.entered, before.ran, before.vouched
	}
}

// leave notes how the handler that was entered has ended, and returns what becomes
// of its error.
func (r *Request) leave(ctx context.Context, err error) error {
	p := r.state()
	if err != nil {
		if e, ok := speaker(err).(*Error); ok && e == p.vouched && !p.mayHaveRun() {
			return err
		}
	}
	r.left()
	if err == nil {
		return nil
	}
	return userError(ctx, err)
}

// left is leave for a handler that has ended without an error.
func (r *Request) left() {
	p := r.state()
	p.ran = true
	if p.clones != nil {
		p.clones.ran.Store(true)
	}
}

func (p *progress) mayHaveRun() bool {
	return p.ran || atomic.LoadUint32(&p.sent)&sentMayHaveRun != 0 || atomic.LoadInt32(&p.flying) > 0 ||
		p.clones != nil && (p.clones.ran.Load() || p.clones.flying.Load() > 0)
}

// Sending notes that the call is about to be sent to another server. Until Sent is
// called as often, the call may have been run: whoever answers it meanwhile, such as a
// filter that does not wait any longer, cannot say that it was not. It may be called
// from any goroutine.
func (r *Request) Sending() { r.state().fly(1) }

// Sent notes that what was begun with Sending has ended, and that [Request.Attempted]
// was told how.
func (r *Request) Sent() { r.state().fly(-1) }

func (p *progress) fly(n int32) {
	atomic.AddInt32(&p.flying, n)
	if p.clones != nil {
		p.clones.flying.Add(n)
	}
}

// Attempted notes that the call was sent to another server, which has certainly
// not run it or, with MayHaveRun, may have. Whoever sends a call on calls it once
// for each sending. It may be called from any goroutine.
func (r *Request) Attempted(n NotRun) {
	p := r.state()
	if n == MayHaveRun {
		atomic.OrUint32(&p.sent, sentMayHaveRun)
		if c := p.clones; c != nil {
			c.ran.Store(true)
		}
		return
	}
	atomic.OrUint32(&p.sent, sentRefused)
}

// Vouch is for a [Forwarder] that is about to return e, an error that no other call
// has: it makes e count as what the Forwarder itself says of this very call, also
// behind a handler that was already entered. e.NotRun is lowered to what is true of
// all attempts at the call: to MayHaveRun if one of them may have run it, and to
// DoNotSendAgain if one was sent and refused.
func (r *Request) Vouch(e *Error) {
	p := r.state()
	switch {
	case e.NotRun == MayHaveRun:
	case p.mayHaveRun():
		e.NotRun = MayHaveRun
	case atomic.LoadUint32(&p.sent)&sentRefused != 0:
		// The attempts are spent: those of the caller would come on top of them.
		e.NotRun = DoNotSendAgain
	}
	p.vouched = e
}

// NotRun tells whether the call was certainly not run, if err is what came of it.
// That is what the [Error] in err says, unless code was entered that may have run
// the call: from then on it is MayHaveRun, but for an error that a [Forwarder] has
// returned for this very call. Sessions tell the client what NotRun returns, and
// filters ask it before they send a call again.
func (r *Request) NotRun(err error) NotRun {
	e, ok := speaker(err).(*Error)
	if !ok {
		return MayHaveRun
	}
	p := r.state()
	switch {
	case e.NotRun != SendAgain && e.NotRun != DoNotSendAgain:
		return MayHaveRun
	case p.mayHaveRun():
		return MayHaveRun
	case e != p.vouched && (p.entered || p.clones != nil && p.clones.entered.Load()):
		return MayHaveRun
	}
	return e.NotRun
}

// MayHaveRun reports whether an attempt at the call may have run it.
func (r *Request) MayHaveRun() bool { return r.state().mayHaveRun() }

// fork returns a copy of r with a progress of its own. What runs either may have run
// both. Several goroutines may clone a request at once.
func (r *Request) fork() *Request {
	cloning.Lock()
	defer cloning.Unlock()
	p := r.state()
	if p.clones == nil {
		p.clones = new(sharing)
		p.clones.entered.Store(p.entered)
		p.clones.ran.Store(p.ran || atomic.LoadUint32(&p.sent)&sentMayHaveRun != 0)
		p.clones.flying.Store(atomic.LoadInt32(&p.flying))
	}
	c := *r
	c.progress = &c.own
	c.own = progress{entered: p.entered, ran: p.ran, sent: atomic.LoadUint32(&p.sent), clones: p.clones}
	return &c
}

// userCode is a handler that is no Forwarder, where no route or filter does the
// same for it.
type userCode struct{ next Handler }

func (u userCode) ServeThrift(ctx context.Context, req *Request) (rep Reply, err error) {
	req.state().enter(false)
	defer func() { err = req.leave(ctx, err) }() // also of a handler that never returns
	return u.next.ServeThrift(ctx, req)
}

// isUserCode reports whether calling h is running the call, and h does not note
// that by itself.
func isUserCode(h Handler) bool {
	switch h := h.(type) {
	case *Mux, *processor, *chain, userCode, recovered, Forwarder:
		return false
	case *quick:
		return isUserCode(h.next)
	case *lister:
		return isUserCode(h.next)
	}
	return true
}
