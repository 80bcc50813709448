package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/server"
)

// waiting answers calls to "wait" when their context ends, and says why it did;
// all others at once.
func waiting(came chan<- uint32, causes chan<- error) *server.Server {
	return handle(func(ctx context.Context, req *mux.Request) error {
		if req.Method != "wait" {
			return nil
		}
		came <- uint32(req.SeqID)
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return ctx.Err()
	})
}

func TestMuxDiscard(t *testing.T) {
	v := vectors(t)
	onBoth(t, func(t *testing.T, n *network) {
		came, causes := make(chan uint32), make(chan error, 1)
		start(t, n, waiting(came, causes))
		p := dialMux(t, n)
		for _, c := range []struct {
			discard []byte
			tag     uint32
			why     string
		}{
			{v["tdiscarded-old-type"], 2, "java.lang.Exception: bye"},
			{v["tdiscarded-new-type"], 7, "changed my mind"},
			{thriftmux.AppendTdiscarded(nil, 3, strings.Repeat("x", 10_000)), 3, strings.Repeat("x", 256) + `"`},
		} {
			p.send(dispatch(c.tag, "A:wait", 0))
			<-came
			p.send(c.discard)
			p.want(thriftmux.Rdiscarded, c.tag)
			if err := <-causes; !errors.As(err, new(*mux.Error)) || !strings.Contains(err.Error(), c.why) {
				t.Errorf("the context ended with %v, want %q", err, c.why)
			}
			// The tag is free, and nothing more comes for the call that ended.
			p.send(dispatch(c.tag, "A:b", 0))
			p.wantReply(c.tag)
		}
		// Of a call that is answered, or never was, nothing is said.
		p.send(v["tdiscarded-new-type"], thriftmux.AppendTdiscarded(nil, 99, "?"), ping(1))
		p.want(thriftmux.Rping, 1)
	})
}

// TestMuxDiscardBeforeTheCallRuns puts both in one write: the call may run, but
// with a context that has ended, and its tag is free at once.
func TestMuxDiscardBeforeTheCallRuns(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			if req.Method == "first" {
				<-ctx.Done()
			}
			return nil
		}))
		p := dialMux(t, n)
		for range 100 {
			p.send(dispatch(2, "A:first", 0), thriftmux.AppendTdiscarded(nil, 2, "no"), dispatch(2, "A:b", 0))
			p.want(thriftmux.Rdiscarded, 2)
			p.wantReply(2)
		}
	})
}

func TestMuxDeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		causes := make(chan error, 1)
		deadlines := make(chan time.Time, 1)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			d, _ := ctx.Deadline()
			deadlines <- d
			if req.Method == "wait" {
				<-ctx.Done()
				causes <- ctx.Err()
				return ctx.Err()
			}
			return ctx.Err()
		}))
		p := dialMux(t, n)
		with := func(tag uint32, name string, set, by time.Time) []byte {
			value := string(thriftmux.Deadline{Timestamp: set, Deadline: by}.Append(nil))
			return tdispatch(tag, message(name, int32(tag), 0), contexts(t, thriftmux.DeadlineKey, value))
		}
		now := time.Now()
		p.send(with(2, "A:b", now, now.Add(time.Hour)))
		p.wantReply(2)
		if d := <-deadlines; !d.Equal(time.Unix(0, now.Add(time.Hour).UnixNano())) {
			t.Errorf("deadline %v, want %v", d, now.Add(time.Hour))
		}
		// A clock that is years away: what counts is the time that was allowed.
		old := now.AddDate(-5, 0, 0)
		p.send(with(2, "A:b", old, old.Add(time.Hour)))
		p.wantReply(2)
		if d := <-deadlines; d.Before(now.Add(time.Hour)) || d.After(time.Now().Add(time.Hour)) {
			t.Errorf("deadline %v, want an hour from now", d)
		}
		// One that passes while the call runs.
		p.send(with(3, "A:wait", time.Now(), time.Now().Add(50*time.Millisecond)))
		<-deadlines
		if err := <-causes; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the context ended with %v", err)
		}
		p.wantException(3, "wait", mux.DeadlineExceeded)
		// Those that have passed are not run, and not worth sending again.
		p.send(with(4, "A:b", now.Add(-time.Hour), now.Add(-time.Hour)), with(5, "A:b", now, now.Add(-time.Millisecond)))
		p.wantNack(4, thriftmux.Rejected|thriftmux.NonRetryable)
		p.wantNack(5, thriftmux.Rejected|thriftmux.NonRetryable)
		// A value of a wrong length is ignored.
		p.send(tdispatch(6, message("A:b", 6, 0), contexts(t, thriftmux.DeadlineKey, "soon")))
		p.wantReply(6)
		if d := <-deadlines; !d.IsZero() {
			t.Errorf("deadline %v, want none", d)
		}
	})
}

// TestMuxDeadlinesOfMany: handlers that only ask now and then are told of their
// own deadline in time, whichever comes first and however many were answered before.
func TestMuxDeadlinesOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		const late = 2 * time.Millisecond
		ends := make(chan time.Duration, 1)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			deadline, _ := ctx.Deadline()
			for req.Method == "poll" && ctx.Err() == nil {
				<-time.After(time.Millisecond / 4)
			}
			ends <- time.Since(deadline)
			return ctx.Err()
		}))
		p := dialMux(t, n)
		send := func(tag uint32, name string, d time.Duration) {
			value := thriftmux.Deadline{Timestamp: time.Now(), Deadline: time.Now().Add(d)}.Append(nil)
			p.send(tdispatch(tag, message(name, int32(tag), 0), contexts(t, thriftmux.DeadlineKey, string(value))))
		}
		send(2, "A:b", time.Second/2)
		p.wantReply(2)
		<-ends
		send(3, "A:poll", 3*time.Second)
		send(4, "A:poll", time.Second)
		send(5, "A:poll", time.Second+time.Millisecond/8)
		send(6, "A:poll", 2*time.Second)
		for _, tag := range []uint32{4, 5, 6, 3} {
			if d := <-ends; d < 0 || d > late {
				t.Errorf("tag %d was told %v after its deadline", tag, d)
			}
			p.wantException(tag, "poll", mux.DeadlineExceeded)
		}
	})
}

// TestMuxEndOfInput: the contexts of calls end at once, without HalfCloseGrace,
// but for oneways.
func TestMuxEndOfInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		came, causes := make(chan uint32), make(chan error, 1)
		start(t, n, waiting(came, causes))
		p := dialMux(t, n)
		p.send(dispatch(2, "A:wait", 0))
		<-came
		began := time.Now()
		p.Conn.(interface{ CloseWrite() error }).CloseWrite()
		<-causes
		if d := time.Since(began); d != 0 {
			t.Errorf("the context ended %v after the input", d)
		}
		p.wantException(2, "wait", mux.Canceled)
		p.wantEnd()
	})
}

func TestMuxDuplicateTag(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		came, causes := make(chan uint32), make(chan error, 2)
		start(t, n, waiting(came, causes))
		p := dialMux(t, n)
		p.send(dispatch(2, "A:wait", 0), dispatch(3, "A:wait", 0))
		<-came
		<-came
		p.send(dispatch(2, "A:b", 0))
		seen := map[uint32]bool{}
		for range 2 {
			f, err := p.frame()
			if err != nil || f.Type != thriftmux.Rerr || string(f.Body) != "Received duplicate tag 2 from client." {
				t.Fatalf("got %v %q %v", f.Type, f.Body, err)
			}
			seen[f.Tag] = true
		}
		if !seen[2] || !seen[3] {
			t.Errorf("told on the tags %v", seen)
		}
		<-causes
		<-causes
		p.wantEnd()
	})
}

// TestMuxUnexpectedMessages: what is known and makes no sense is answered, and the
// session lives on.
func TestMuxUnexpectedMessages(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		start(t, n, echoServer())
		p := dialMux(t, n)
		p.send(ping(1))
		p.want(thriftmux.Rping, 1)
		for _, c := range []struct {
			typ  thriftmux.Type
			body string
		}{
			{thriftmux.Tdrain, ""}, {thriftmux.Rdrain, ""}, {thriftmux.Rping, ""}, {thriftmux.Tlease, "\x00\x00\x00\x00\x00\x00\x00\x00\x01"},
			{thriftmux.Rdiscarded, ""}, {thriftmux.Rdispatch, "\x00\x00\x00"}, {thriftmux.Rreq, "\x00"}, {thriftmux.Rinit, "\x00\x01"},
		} {
			p.send(thriftmux.AppendFrame(nil, thriftmux.Frame{Type: c.typ, Tag: 5, Body: []byte(c.body)}))
			p.wantText(5, fmt.Sprintf("Unexpected mux message type %d", c.typ))
		}
		// An Rerr is never answered by an Rerr.
		p.send(thriftmux.AppendRerr(nil, 5, "what?"), ping(0x7fffff))
		p.want(thriftmux.Rping, 0x7fffff)
		// Any tag will do for a call.
		for _, tag := range []uint32{0, 1, 0x7fffff} {
			p.send(dispatch(tag, "A:b", 0))
			p.wantReply(tag)
		}
	})
}

// TestMuxBrokenFrames: what makes no sense at all ends the session.
func TestMuxBrokenFrames(t *testing.T) {
	frame := func(typ thriftmux.Type, more bool, body string) string {
		return string(thriftmux.AppendFrame(nil, thriftmux.Frame{Type: typ, Tag: 9, More: more, Body: []byte(body)}))
	}
	for name, bytes := range map[string]string{
		"unknown type":                  frame(3, false, ""),
		"short frame":                   "\x00\x00\x00\x03\x41\x00\x00",
		"negative length":               "\xff\xff\xff\xff\x41\x00\x00\x01",
		"Tdispatch that does not parse": frame(thriftmux.Tdispatch, false, "\x00\x01"),
		"negative count":                frame(thriftmux.Tdispatch, false, "\xff\xff\x00\x00\x00\x00"),
		"Treq that does not parse":      frame(thriftmux.Treq, false, "\x01"),
		"Tdiscarded without a tag":      frame(thriftmux.Tdiscarded, false, "\x00"),
		"fragment of a Treq":            frame(thriftmux.Treq, true, "\x00"),
		"fragment of a Tping":           frame(thriftmux.Tping, true, ""),
		"fragment of a Tdiscarded":      frame(thriftmux.Tdiscarded, true, "\x00\x00\x09"),
		"fragment of an Rdispatch":      frame(thriftmux.Rdispatch, true, "\x00"),
		"too long":                      "\x00\xff\xff\xff\x41\x00\x00\x01",
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *network) {
				came, causes := make(chan uint32), make(chan error, 1)
				start(t, n, waiting(came, causes))
				p := dialMux(t, n)
				p.send(ping(1), dispatch(2, "A:wait", 0))
				p.want(thriftmux.Rping, 1)
				<-came
				p.send([]byte(bytes))
				<-causes
				p.wantException(2, "wait", mux.Canceled)
				p.wantEnd()
			})
		})
	}
}

// TestMuxDrainLosesNothing: what came before the client's agreement is run and
// answered, what came after is refused.
func TestMuxDrainLosesNothing(t *testing.T) {
	v := vectors(t)
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			if req.Method == "wait" {
				g.pass()
			}
			return nil
		})
		start(t, n, srv)
		p, idle := dialMux(t, n), dialMux(t, n)
		p.negotiate(0)
		idle.negotiate(0)
		p.send(dispatch(2, "A:wait", 0))
		g.await(1)

		shut := make(chan error, 1)
		go func() { shut <- srv.Shutdown(context.Background()) }()
		for _, q := range []*muxPeer{p, idle} {
			if f := q.want(thriftmux.Tdrain, 1); len(f.Body) > 0 {
				t.Errorf("Tdrain has a body %q", f.Body)
			}
		}
		p.send(dispatch(3, "A:b", 0), ping(1), dispatch(4, "A:wait", 100))
		p.wantReplyAndPing(3)
		g.await(1)
		p.send(v["rdrain"], dispatch(5, "A:b", 0), ping(1), v["rdrain"])
		p.wantNack(5, thriftmux.Retryable|thriftmux.Rejected)
		p.want(thriftmux.Rping, 1)
		p.wantText(1, "Unexpected mux message type -64")

		idle.send(v["rdrain"])
		idle.wantEnd()
		idle.Close()

		g.open()
		a, b := p.answered(), p.answered()
		if a+b != 2+4 {
			t.Errorf("answered %d and %d, want 2 and 4", a, b)
		}
		p.wantEnd()
		p.Close()
		if err := <-shut; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
}

// wantReplyAndPing reads both, in whatever order they come.
func (p *muxPeer) wantReplyAndPing(tag uint32) {
	p.t.Helper()
	for range 2 {
		f, err := p.frame()
		if err != nil || f.Type == thriftmux.Rdispatch && f.Tag != tag {
			p.t.Fatalf("got %v on tag %d, %v", f.Type, f.Tag, err)
		}
	}
}

// answered reads an answer and returns its tag.
func (p *muxPeer) answered() uint32 {
	p.t.Helper()
	f, err := p.frame()
	if err != nil || f.Type != thriftmux.Rdispatch {
		p.t.Fatalf("got %v, %v", f.Type, err)
	}
	return f.Tag
}

// TestMuxDrainWithoutAnswer: a client that does not agree is served until the
// caller of Shutdown has no more time; a session that has not begun just ends.
func TestMuxDrainWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := inMemory()
		came, causes := make(chan uint32), make(chan error, 1)
		srv := waiting(came, causes)
		start(t, n, srv)
		p, begins := dialMux(t, n), dialMux(t, n)
		p.send(dispatch(2, "A:wait", 0))
		<-came
		begins.send(thriftmux.AppendCheckTinit(nil))
		begins.want(thriftmux.Rerr, 1)

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		shut := make(chan error, 1)
		go func() { shut <- srv.Shutdown(ctx) }()
		begins.wantEnd()
		begins.Close()
		p.want(thriftmux.Tdrain, 1)
		for tag := uint32(3); tag < 10; tag++ {
			p.send(dispatch(tag, "A:b", 0))
			p.wantReply(tag)
		}
		if err := <-shut; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-causes; !errors.Is(err, server.ErrServerClosed) {
			t.Errorf("the context ended with %v", err)
		}
		if _, err := p.frame(); err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// TestMuxDrainRefused: a client that knows no Tdrain, and says so, is treated as
// one that agrees.
func TestMuxDrainRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		srv := echoServer()
		start(t, n, srv)
		p := dialMux(t, n)
		p.send(dispatch(2, "A:b", 0))
		p.wantReply(2)
		shut := make(chan error, 1)
		go func() { shut <- srv.Shutdown(context.Background()) }()
		p.want(thriftmux.Tdrain, 1)
		p.send(thriftmux.AppendRerr(nil, 1, "Unexpected mux message type 64"), dispatch(3, "A:b", 0))
		p.wantNack(3, thriftmux.Retryable|thriftmux.Rejected)
		p.wantEnd()
		p.Close()
		if err := <-shut; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
}

// A client that takes back a call whose deadline has passed tells its handler of
// the deadline, also if the session's timer has not fired yet.
func TestMuxTakenBackAtTheDeadline(t *testing.T) {
	for name, late := range map[string]bool{"behind the deadline": true, "before it": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := inMemory()
				ask := make(chan struct{})
				ends := make(chan error, 2)
				start(t, n, handle(func(ctx context.Context, _ *mux.Request) error {
					<-ask
					ends <- ctx.Err()
					ends <- context.Cause(ctx)
					return ctx.Err()
				}))
				p := dialMux(t, n)
				deadline := time.Now().Add(minAlarmForTest / 2)
				if !late {
					deadline = deadline.Add(time.Second)
				}
				value := thriftmux.Deadline{Timestamp: time.Now(), Deadline: deadline}.Append(nil)
				p.send(tdispatch(2, message("A:b", 2, 0), contexts(t, thriftmux.DeadlineKey, string(value))))
				synctest.Wait()
				<-time.After(3 * minAlarmForTest / 4)
				p.send(thriftmux.AppendTdiscarded(nil, 2, "late"))
				synctest.Wait()
				close(ask)
				err, cause := <-ends, <-ends
				if got := errors.Is(err, context.DeadlineExceeded) && errors.Is(cause, context.DeadlineExceeded); got != late {
					t.Errorf("the handler sees %v, %v", err, cause)
				}
				if got := errors.Is(err, context.Canceled); got == late {
					t.Errorf("the handler sees %v, %v", err, cause)
				}
			})
		})
	}
}

// minAlarmForTest is how late the timer of a session may be.
const minAlarmForTest = time.Millisecond
