package server

import (
	"fmt"
	"math"
	"time"

	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// muxSession is a session of Finagle's ThriftMux: any number of calls at a time,
// matched by tags, between pings, cancels and what ends it without losing a call.
type muxSession struct {
	c      *connection
	limits thriftmux.Limits

	// Of the goroutine that reads.
	phase  muxPhase
	pieces muxPieces
	frame  []byte // for messages of the session's own
	spare  []callContext

	// Guarded by the connection's lock.
	tags     tagTable    // the calls that are not answered, nor taken back
	running  int         // calls that are not completed, with those taken back
	window   int         // the largest body of a frame that the client wants
	long     longReplies // that leave in pieces, in turns
	word     bool        // messages of the session's own were put into the outbox
	unread   int         // bytes of those that were not written, if replies are not counted as such
	ending   muxEnding
	alarm    muxAlarm
	hasBegun bool // the phase is muxOpen
	over     bool // nothing more is read
}

// muxPhase is how far a session has begun ("Mux, session start").
type muxPhase int

const (
	muxNew     muxPhase = iota
	muxChecked          // the client knows that it may negotiate
	muxOpen             // negotiated, or not to be
)

// muxCall is what a session keeps of a call.
type muxCall struct {
	ctx       *callContext // the call's ctx
	tag       uint32
	old       bool // it came as a Treq
	discarded bool // the client took it back: there is no answer
}

func openThriftMux(c *connection, _ wire.Opening) session {
	b := &c.srv.bounds
	s := &muxSession{c: c, window: math.MaxInt32}
	s.limits = thriftmux.Limits{Header: b.headerBytes}
	s.pieces.init(s)
	return s
}

func (s *muxSession) next(in []byte, m *call) (int, error) {
	f, n, err := thriftmux.ParseFrame(in, s.c.srv.bounds.message)
	if err != nil {
		s.oversized(&f, err)
		return 0, err
	}
	if n == 0 {
		return 0, nil
	}
	if err := s.take(&f, n, m); err != nil {
		return 0, err
	}
	return n, nil
}

// take handles a frame of n bytes ("Mux, ping, discard, lease, drain" and "Mux,
// faults").
func (s *muxSession) take(f *thriftmux.Frame, n int, m *call) error {
	if f.Type == thriftmux.Tping && !f.More {
		s.post(thriftmux.AppendEmpty(s.frame[:0], thriftmux.Rping, f.Tag))
		return nil
	}
	if s.phase != muxOpen {
		if begun, err := s.begin(f); !begun || err != nil {
			return err
		}
	}
	switch f.Type {
	case thriftmux.Tdispatch:
		return s.dispatched(f, n, m)
	case thriftmux.Treq:
		return s.requested(f, n, m)
	case thriftmux.Tdiscarded:
		return s.discarded(f)
	case thriftmux.Rdrain, thriftmux.Rerr:
		if s.acknowledged(f) {
			return nil
		}
	}
	if f.More {
		return fmt.Errorf("server: fragment of %v", f.Type)
	}
	if f.Type == thriftmux.Rerr && !thriftmux.IsCheckTinit(*f) {
		return nil // an answer to nothing; one to it might go on for ever
	}
	s.post(thriftmux.AppendRerr(s.frame[:0], f.Tag, fmt.Sprintf("Unexpected mux message type %d", f.Type)))
	return nil
}

// begin handles what comes before the session is open. begun says that it is
// open now, and that f is an ordinary message of it.
func (s *muxSession) begin(f *thriftmux.Frame) (begun bool, err error) {
	switch {
	case thriftmux.IsCheckTinit(*f):
		s.post(thriftmux.AppendCheckTinit(s.frame[:0]))
		s.phase = muxChecked
		return false, nil
	case f.Type == thriftmux.Tinit && s.phase == muxChecked:
		return false, s.negotiate(f)
	}
	s.open(math.MaxInt32)
	return true, nil
}

// ownWindow is the largest body of a frame that a client is asked to send, so
// that its pings and cancels need not wait for the end of a long call.
const ownWindow = 256 << 10

// negotiate answers a Tinit. What cannot be agreed on ends the session.
func (s *muxSession) negotiate(f *thriftmux.Frame) error {
	if f.More {
		return fmt.Errorf("server: fragment of %v", f.Type)
	}
	t, err := thriftmux.ParseInit(f.Body, s.limits)
	if err != nil {
		return err
	}
	if t.Version != thriftmux.Version {
		return s.refuse(f.Tag, fmt.Sprintf("Unsupported Mux version: %d", t.Version))
	}
	window, err := t.FrameLimit()
	if err != nil {
		return s.refuse(f.Tag, err.Error())
	}
	if window < minWindow {
		return s.refuse(f.Tag, fmt.Sprintf("Window of %d bytes (mux-framer) is below the least of %d", window, minWindow))
	}
	if _, ok := thriftmux.AgreeTLS(t.TLS(), thriftmux.TLSOff); !ok {
		return s.refuse(f.Tag, "Could not negotiate whether to use TLS: the client requires it, the server does not begin it inside a session")
	}
	r := thriftmux.Init{Version: thriftmux.Version}
	r.AddFrameLimit(min(ownWindow, s.c.srv.bounds.message))
	r.Add(thriftmux.InitTLS, thriftmux.TLSOff.String())
	out, mark := thriftmux.BeginFrame(s.frame[:0], thriftmux.Rinit, f.Tag)
	out = thriftmux.AppendInit(out, r)
	thriftmux.EndFrame(out, mark)
	s.post(out)
	s.open(window)
	return nil
}

// minWindow is the least window that a client may ask for: with a smaller one, replies
// would be frame headers for the most part.
const minWindow = 16

// refuse ends the session, and tells the client why.
func (s *muxSession) refuse(tag uint32, why string) error {
	s.post(thriftmux.AppendRerr(s.frame[:0], tag, why))
	return fmt.Errorf("server: ThriftMux session refused: %s", why)
}

func (s *muxSession) open(window int) {
	s.phase = muxOpen
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.window, s.hasBegun = window, true
}

// post sends a message of the session's own, with what else the client's bytes
// lead to. Only the goroutine that reads calls it, with an array that it may keep.
func (s *muxSession) post(frame []byte) {
	s.frame = frame
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.put(frame)
}

// put appends a frame to the outbox. Called with the connection's lock held.
func (s *muxSession) put(frame []byte) {
	c := s.c
	if c.broken != nil {
		return
	}
	c.out.Set(append(c.out.Room(len(frame)), frame...))
	s.word = true
	s.unread += len(frame)
	c.chargeLocked(len(frame))
}

// maxUnread bounds the session's own messages that the client has not taken. Each is
// an answer to what the client has sent: as long as it reads none of them, nothing more
// is read of it. A write without progress ends it after WriteTimeout.
const maxUnread = 64 << 10

func (s *muxSession) hasWord() bool {
	word := s.word
	s.word = false
	return word
}

func (s *muxSession) room(m *call) int {
	if n := m.room(); m.mux.old || !s.overWindow(n) {
		return n
	}
	return s.window + thriftmux.FrameOverhead
}

func (s *muxSession) waiting() int { return s.long.bytes }

func (s *muxSession) stalled() bool { return s.unread > maxUnread && s.c.out.Writing() }

// received is when the bytes at hand came.
func (s *muxSession) received() time.Time { return s.c.in.now }

// ended lets go of what is not complete, when nothing more is read.
func (s *muxSession) ended() {
	s.pieces.end()
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.over = true
	if s.running == 0 {
		s.idle()
	}
}

// drop forgets the long replies.
func (s *muxSession) drop() {
	for s.long.first != nil {
		s.dropLongLocked(s.long.first)
	}
}

// idle is called when no call runs, with the connection's lock held.
func (s *muxSession) idle() {
	if s.ending == muxAgreed {
		s.c.stopReading()
	}
	if s.over {
		s.alarm.stop()
	}
}

var _ multiplexer = (*muxSession)(nil)

// appendReply is called under the connection's lock, once for each call.
func (s *muxSession) appendReply(dst []byte, m *call) []byte {
	if s.running--; s.running == 0 {
		s.idle()
	}
	if m.mux.discarded {
		return dst
	}
	s.tags.remove(m.mux.tag)
	if s.c.broken != nil {
		return dst
	}
	if m.mux.old {
		return s.appendFrame(dst, m)
	}
	if s.overWindow(m.room()) {
		return s.appendInPiecesLocked(dst, m)
	}
	start := len(dst)
	if dst = s.appendFrame(dst, m); s.overWindow(len(dst) - start) {
		return s.appendInPiecesLocked(dst[:start], m) // its headers are more than was guessed
	}
	return dst
}
