package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// frame reads a frame of ThriftMux, or returns false at the end.
func (p *peer) frame() (thriftmux.Frame, bool) {
	b := make([]byte, wire.FrameHeaderSize)
	if _, err := io.ReadFull(p, b); err != nil {
		return thriftmux.Frame{}, false
	}
	n, err := wire.FrameSize(b, -1)
	if err != nil {
		return thriftmux.Frame{}, false
	}
	b = append(b, make([]byte, n-len(b))...)
	if _, err := io.ReadFull(p, b[wire.FrameHeaderSize:]); err != nil {
		return thriftmux.Frame{}, false
	}
	f, _, err := thriftmux.ParseFrame(b, -1)
	return f, err == nil
}

// negotiated is a script behind a handshake with a window.
func negotiated(window int, s script) script {
	return func(p *peer) {
		if f, ok := p.frame(); !ok || !thriftmux.IsCheckTinit(f) {
			return
		}
		p.Write(thriftmux.AppendCheckTinit(nil))
		if f, ok := p.frame(); !ok || f.Type != thriftmux.Tinit {
			return
		}
		i := thriftmux.Init{Version: thriftmux.Version}
		i.AddFrameLimit(window)
		out, mark := thriftmux.BeginFrame(nil, thriftmux.Rinit, 1)
		out = thriftmux.AppendInit(out, i)
		thriftmux.EndFrame(out, mark)
		p.Write(out)
		s(p)
	}
}

// say writes a frame.
func (p *peer) say(t thriftmux.Type, tag uint32, body string) {
	p.Write(thriftmux.AppendFrame(nil, thriftmux.Frame{Type: t, Tag: tag, Body: []byte(body)}))
}

// done writes the reply to the call on a tag.
func (p *peer) done(tag uint32) {
	p.say(thriftmux.Rdispatch, tag, "\x00\x00\x00"+string(reply(0)[wire.FrameHeaderSize:]))
}

// nack writes a refusal with flags.
func (p *peer) nack(tag uint32, status thriftmux.Status, flags thriftmux.Failure) {
	var c thriftmux.Pairs
	if err := thriftmux.AddPair(&c, thriftmux.FailureKey, flags.Append(nil)); err != nil {
		panic(err)
	}
	p.say(thriftmux.Rdispatch, tag, string(thriftmux.AppendRdispatch(nil, thriftmux.Response{Status: status, Contexts: c, Payload: []byte("busy")})))
}

// call reads frames until one is a call, and returns its tag. It answers pings.
func (p *peer) call() (tag uint32, ok bool) {
	for {
		f, ok := p.frame()
		switch {
		case !ok:
			return 0, false
		case f.Type == thriftmux.Tping:
			p.say(thriftmux.Rping, f.Tag, "")
		case f.Type == thriftmux.Tdispatch && !f.More, f.Type == thriftmux.Treq:
			return f.Tag, true
		}
	}
}

// serveAll answers calls until the connection ends.
func (p *peer) serveAll() {
	for tag, ok := p.call(); ok; tag, ok = p.call() {
		p.done(tag)
	}
}

// onStage plays a script in memory and gives f a ThriftMux client of it.
func onStage(t *testing.T, s script, c *client.Client, f func(t *testing.T, c *client.Client, st *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(s)
		if !c.Negotiate {
			c.Dialect = wire.ThriftMux
		}
		st.client(c)
		f(t, c, st)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c.Close(ctx)
		st.end()
	})
}

// TestMuxSessionStart plays what servers answer to a check and a Tinit.
func TestMuxSessionStart(t *testing.T) {
	rinit := func(version uint16, kv ...string) string {
		i := thriftmux.Init{Version: version}
		for j := 0; j < len(kv); j += 2 {
			i.Add(kv[j], kv[j+1])
		}
		return string(thriftmux.AppendInit(nil, i))
	}
	after := func(t thriftmux.Type, body string) script {
		return func(p *peer) {
			p.frame()
			p.Write(thriftmux.AppendCheckTinit(nil))
			if _, ok := p.frame(); ok {
				p.say(t, 1, body)
				p.serveAll()
			}
		}
	}
	for _, c := range []struct {
		name   string
		script script
		fails  string // what the failure says; "": the session is of use
	}{
		{"Rinit without headers", after(thriftmux.Rinit, rinit(1)), ""},
		{"Rinit of another version", after(thriftmux.Rinit, rinit(2)), "version 2"},
		{"Rinit with a window of 0", after(thriftmux.Rinit, rinit(1, thriftmux.InitFrameLimit, "\x00\x00\x00\x00")), "positive"},
		{"Rinit that requires TLS", after(thriftmux.Rinit, rinit(1, thriftmux.InitTLS, "required")), "TLS"},
		{"Rerr to the Tinit", after(thriftmux.Rerr, "Unsupported Mux version: 1"), "Unsupported Mux version: 1"},
		{"a ping before the echo", func(p *peer) {
			p.frame()
			p.say(thriftmux.Tping, 77, "")
			if f, _ := p.frame(); f.Type == thriftmux.Rping && f.Tag == 77 {
				p.Write(thriftmux.AppendCheckTinit(nil))
				p.frame()
				p.say(thriftmux.Rinit, 1, rinit(1))
				p.serveAll()
			}
		}, ""},
		{"an old server", func(p *peer) {
			p.frame()
			p.say(thriftmux.Rerr, 1, "Unexpected mux message type 127")
			p.serveAll()
		}, ""},
		{"a server that hangs up", func(p *peer) { p.frame() }, "does not negotiate"},
		{"a server that says nothing", func(p *peer) { p.swallow() }, "DialTimeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := &client.Client{DialTimeout: 3 * time.Second}
			onStage(t, c.script, cl, func(t *testing.T, cl *client.Client, _ *stage) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				err := echo(ctx, cl)
				if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
					t.Errorf("the call: %v, want %q", err, c.fails)
				}
			})
		})
	}
}

// TestNegotiate: a client that asks speaks ThriftMux with those who do, and plain
// framed with the others, who are asked once.
func TestNegotiate(t *testing.T) {
	plain := func(p *peer) {
		var first [8]byte
		if _, err := io.ReadFull(p, first[:]); err != nil || first[4] == 0x80 && first[5] != 1 {
			return // a strict header of another version ends the connection
		} else if first[4] != 0x80 {
			panic("a server would take that for the length of a name")
		}
		rest := make([]byte, int(first[2])<<8|int(first[3])-4)
		io.ReadFull(p, rest)
		p.Write(reply(1))
		p.answer()
	}
	for _, c := range []struct {
		name   string
		script script
		dials  int32
	}{
		{"ThriftMux", negotiated(0, (*peer).serveAll), 1},
		{"plain", plain, 2},
		{"silent", func(p *peer) {
			if p.n == 1 {
				p.swallow()
			}
			p.answer()
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			onStage(t, c.script, &client.Client{Negotiate: true}, func(t *testing.T, cl *client.Client, st *stage) {
				for range 3 {
					if err := echo(t.Context(), cl); err != nil {
						t.Fatal(err)
					}
				}
				if n := st.dials.Load(); n != c.dials {
					t.Errorf("%d connections, want %d", n, c.dials)
				}
			})
		})
	}
}

func TestMuxTarget(t *testing.T) {
	noneLeft(t)
	c := serveOn(t, "tcp", newMux(), &client.Client{})
	c.Target = "thriftmux://" + c.Target
	dialects := make(chan string, 1)
	c.Observer.Opened = func(p *mux.Peer) { dialects <- p.Dialect }
	callEverything(t, c)
	if d := <-dialects; d != "thriftmux binary" {
		t.Errorf("the client speaks %q", d)
	}
}

// TestMuxAnswers: what becomes of a call, and how often it is sent.
func TestMuxAnswers(t *testing.T) {
	for _, c := range []struct {
		name     string
		answer   func(p *peer, tag uint32)
		code     mux.Code // of the failure
		attempts int
		text     string
	}{
		{"bare NACK", func(p *peer, tag uint32) { p.say(thriftmux.Rdispatch, tag, "\x02\x00\x00") }, mux.Overloaded, 3, "refused"},
		{"NACK, retryable", func(p *peer, tag uint32) { p.nack(tag, thriftmux.StatusNack, thriftmux.Retryable) }, mux.Overloaded, 3, "busy"},
		{"NACK, not to be sent again", func(p *peer, tag uint32) {
			p.nack(tag, thriftmux.StatusNack, thriftmux.Rejected|thriftmux.NonRetryable)
		}, mux.DeadlineExceeded, 1, "busy"},
		{"error, rejected", func(p *peer, tag uint32) {
			p.nack(tag, thriftmux.StatusError, thriftmux.Retryable|thriftmux.Rejected)
		}, mux.Overloaded, 3, "busy"},
		{"error", func(p *peer, tag uint32) { p.nack(tag, thriftmux.StatusError, 0) }, mux.InternalError, 1, "busy"},
		{"an unknown status", func(p *peer, tag uint32) { p.say(thriftmux.Rdispatch, tag, "\x09\x00\x00") }, mux.InternalError, 1, "status 9"},
		{"no result", func(p *peer, tag uint32) { p.say(thriftmux.Rdispatch, tag, "\x00\x00\x00") }, mux.MissingResult, 1, "no result"},
		{"Rdiscarded unasked", func(p *peer, tag uint32) { p.say(thriftmux.Rdiscarded, tag, "") }, mux.Canceled, 1, "discarded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			attempts := 0
			s := negotiated(0, func(p *peer) {
				for tag, ok := p.call(); ok; tag, ok = p.call() {
					attempts++
					c.answer(p, tag)
				}
			})
			onStage(t, s, &client.Client{}, func(t *testing.T, cl *client.Client, st *stage) {
				err := echo(t.Context(), cl)
				var e thrift.TApplicationException
				if !errors.As(err, &e) || mux.Code(e.TypeId()) != c.code || !strings.Contains(e.Error(), c.text) {
					t.Errorf("the call: %v, want %v %q", err, c.code, c.text)
				}
				if attempts != c.attempts || st.dials.Load() != 1 {
					t.Errorf("it was sent %d times on %d connections, want %d on one", attempts, st.dials.Load(), c.attempts)
				}
			})
		})
	}
}

// TestMuxOldServer: after an Rerr to its first Tdispatch the client sends Treq.
func TestMuxOldServer(t *testing.T) {
	var kinds []thriftmux.Type
	s := negotiated(0, func(p *peer) {
		for f, ok := p.frame(); ok; f, ok = p.frame() {
			kinds = append(kinds, f.Type)
			if f.Type == thriftmux.Tdispatch {
				p.say(thriftmux.Rerr, f.Tag, "I do not know Tdispatch")
			} else {
				p.say(thriftmux.Rreq, f.Tag, "\x00"+string(reply(0)[wire.FrameHeaderSize:]))
			}
		}
	})
	onStage(t, s, &client.Client{}, func(t *testing.T, c *client.Client, _ *stage) {
		for range 2 {
			if err := echo(t.Context(), c); err != nil {
				t.Error(err)
			}
		}
		if got := fmt.Sprint(kinds); got != "[Tdispatch Treq Treq]" {
			t.Errorf("sent %s", got)
		}
	})
}

// TestMuxOldServerManyCalls: however many calls are in flight when an old server
// says that it knows no Tdispatch, each is sent once more, and none fails. What it
// then says of a Treq is of the call.
func TestMuxOldServerManyCalls(t *testing.T) {
	const calls = 100
	kinds := map[thriftmux.Type]int{}
	s := negotiated(0, func(p *peer) {
		var tags []uint32
		for f, ok := p.frame(); ok; f, ok = p.frame() {
			kinds[f.Type]++
			switch {
			case f.Type == thriftmux.Tdispatch:
				if tags = append(tags, f.Tag); len(tags) < calls {
					continue
				}
				for _, tag := range tags {
					p.say(thriftmux.Rerr, tag, "I do not know Tdispatch")
				}
			case kinds[thriftmux.Treq] > calls:
				p.say(thriftmux.Rerr, f.Tag, "enough")
			default:
				p.say(thriftmux.Rreq, f.Tag, "\x00"+string(reply(0)[wire.FrameHeaderSize:]))
			}
		}
	})
	onStage(t, s, &client.Client{MaxAttempts: 1, RetryFloor: 1}, func(t *testing.T, c *client.Client, _ *stage) {
		var wg sync.WaitGroup
		for range calls {
			wg.Go(func() { check(t, "call", echo(t.Context(), c), outcome{}) })
		}
		wg.Wait()
		if kinds[thriftmux.Tdispatch] != calls || kinds[thriftmux.Treq] != calls {
			t.Errorf("sent %v, want %d of each", kinds, calls)
		}
		check(t, "call that is refused", echo(t.Context(), c), outcome{code: mux.InternalError, exception: true, text: "enough"})
	})
}

// TestMuxRerrOfAServerThatIsNotOld: a server that has answered a Tdispatch knows
// what it is, so another that it refuses may have run.
func TestMuxRerrOfAServerThatIsNotOld(t *testing.T) {
	calls := 0
	s := negotiated(0, func(p *peer) {
		for tag, ok := p.call(); ok; tag, ok = p.call() {
			if calls++; calls == 1 {
				p.done(tag)
			} else {
				p.say(thriftmux.Rerr, tag, "no \xff")
			}
		}
	})
	onStage(t, s, &client.Client{}, func(t *testing.T, c *client.Client, _ *stage) {
		check(t, "first call", echo(t.Context(), c), outcome{})
		check(t, "second call", echo(t.Context(), c), outcome{code: mux.InternalError, exception: true, text: "no \uFFFD"})
		if calls != 2 {
			t.Errorf("%d were sent, want 2", calls)
		}
	})
}

// TestMuxCancel: the server is told, the tag stays in use until it answers, and
// the connection lives on.
func TestMuxCancel(t *testing.T) {
	frames := make(chan thriftmux.Frame, 10)
	s := negotiated(0, func(p *peer) {
		for f, ok := p.frame(); ok; f, ok = p.frame() {
			frames <- f
			if f.Type == thriftmux.Tdiscarded {
				continue
			}
			if f.Tag > thriftmux.MinTag {
				p.done(f.Tag)
			}
		}
	})
	onStage(t, s, &client.Client{}, func(t *testing.T, c *client.Client, st *stage) {
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			<-time.After(time.Second)
			cancel(errors.New("bye"))
		}()
		var e *client.Error
		if err := echo(ctx, c); !errors.As(err, &e) || e.Code != mux.Canceled {
			t.Errorf("the call: %v", err)
		}
		if f := <-frames; f.Type != thriftmux.Tdispatch || f.Tag != thriftmux.MinTag {
			t.Errorf("got %v on tag %d", f.Type, f.Tag)
		}
		d, err := thriftmux.ParseTdiscarded((<-frames).Body)
		if err != nil || d.Tag != thriftmux.MinTag || string(d.Why) != "bye" {
			t.Errorf("discarded %d: %q, %v", d.Tag, d.Why, err)
		}
		if err := echo(t.Context(), c); err != nil {
			t.Error(err)
		}
		if f := <-frames; f.Tag != thriftmux.MinTag+1 {
			t.Errorf("the next call has tag %d", f.Tag)
		}
		if n := st.dials.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

// TestMuxOneway: a server answers oneways as well, though nobody waits for that.
// Their tags stay in use, however many calls are made meanwhile, and they count as
// in flight.
func TestMuxOneway(t *testing.T) {
	s := negotiated(0, func(p *peer) {
		if p.n > 1 {
			p.serveAll()
			return
		}
		late, _ := p.call()
		for range 500 {
			tag, ok := p.call()
			if !ok || tag == late {
				t.Errorf("a call on tag %d, %t, while the oneway has tag %d", tag, ok, late)
			}
			p.done(tag)
		}
		second, _ := p.call()
		p.say(thriftmux.Rdispatch, late, "\x00\x00\x00")
		p.say(thriftmux.Rdispatch, second, "\x00\x00\x00")
		p.serveAll()
	})
	onStage(t, s, &client.Client{MaxCallsPerConn: 2}, func(t *testing.T, c *client.Client, st *stage) {
		check(t, "oneway", note(t.Context(), c), outcome{})
		for range 500 {
			check(t, "call behind it", echo(t.Context(), c), outcome{})
		}
		check(t, "second oneway", note(t.Context(), c), outcome{})
		check(t, "call behind both", echo(t.Context(), c), outcome{})
		if n := st.dials.Load(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
	})
}

// TestMuxOnewayThatRuns: a session that ends waits for the answer, since its end would
// end the call; but not for ever.
func TestMuxOnewayThatRuns(t *testing.T) {
	for name, answers := range map[string]bool{"answered": true, "never answered": false} {
		t.Run(name, func(t *testing.T) {
			s := negotiated(0, func(p *peer) {
				tag, _ := p.call()
				if answers {
					<-time.After(time.Second)
					p.done(tag)
				}
				p.serveAll()
			})
			onStage(t, s, &client.Client{PingInterval: -1}, func(t *testing.T, c *client.Client, _ *stage) {
				check(t, "oneway", note(t.Context(), c), outcome{})
				start := time.Now()
				if err := c.Close(t.Context()); err != nil {
					t.Error(err)
				}
				took := time.Since(start)
				if answers && took != time.Second || !answers && (took < time.Minute || took > 90*time.Second) {
					t.Errorf("Close took %v", took)
				}
			})
		})
	}
}

// TestMuxFragmentsOfNoCall: a server cannot make the client keep what is no answer.
func TestMuxFragmentsOfNoCall(t *testing.T) {
	s := negotiated(0, func(p *peer) {
		tag, _ := p.call()
		if p.n == 1 {
			p.Write(thriftmux.AppendFrame(nil, thriftmux.Frame{Type: thriftmux.Rdispatch, Tag: tag + 1, More: true, Body: make([]byte, 100)}))
		}
		p.done(tag)
		p.serveAll()
	})
	onStage(t, s, &client.Client{}, func(t *testing.T, c *client.Client, st *stage) {
		check(t, "call", echo(t.Context(), c), lost("no call in flight has"))
		check(t, "next call", echo(t.Context(), c), outcome{})
	})
}

// TestMuxNoCallBehindRdrain: a server may close as soon as it has the Rdrain and owes no
// reply, as Finagle's does, so that a call behind it is lost. Many callers are woken by
// their replies just when the Tdrain is read.
func TestMuxNoCallBehindRdrain(t *testing.T) {
	const callers, sessions = 20, 300
	var behind atomic.Int32
	enough := make(chan struct{})
	st := playOverTCP(t, negotiated(0, func(p *peer) {
		if p.n >= sessions {
			if p.n == sessions {
				close(enough)
			}
			p.serveAll()
			return
		}
		var out []byte
		for range callers {
			tag, ok := p.call()
			if !ok {
				return
			}
			out = thriftmux.AppendFrame(out, thriftmux.Frame{Type: thriftmux.Rdispatch, Tag: tag, Body: []byte("\x00\x00\x00" + string(reply(0)[wire.FrameHeaderSize:]))})
		}
		p.Write(out)
		for start := time.Now(); time.Since(start) < time.Duration(p.n%50)*2*time.Microsecond; {
		}
		p.say(thriftmux.Tdrain, thriftmux.SessionTag, "")
		for drained := false; ; {
			f, ok := p.frame()
			switch {
			case !ok:
				return
			case f.Type == thriftmux.Rdrain:
				drained = true
			case f.Type == thriftmux.Tdispatch:
				if drained {
					behind.Add(1)
				}
				p.done(f.Tag)
			}
		}
	}))
	c := st.client(&client.Client{Dialect: wire.ThriftMux})
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for {
				select {
				case <-enough:
					return
				default:
				}
				if err := echo(t.Context(), c); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	c.Close(t.Context())
	st.end()
	if n := behind.Load(); n > 0 {
		t.Errorf("%d calls stood behind an Rdrain", n)
	}
}

// TestMuxDrain: calls in flight are answered on the session that drains, new ones
// go on another, and none is lost.
func TestMuxDrain(t *testing.T) {
	var first []uint32
	s := negotiated(0, func(p *peer) {
		if p.n > 1 {
			p.serveAll()
			return
		}
		for range 3 {
			tag, _ := p.call()
			first = append(first, tag)
		}
		p.say(thriftmux.Tdrain, 1, "")
		if f, _ := p.frame(); f.Type != thriftmux.Rdrain || f.Tag != 1 {
			t.Errorf("a Tdrain is answered by %v on tag %d", f.Type, f.Tag)
		}
		<-time.After(time.Second)
		for _, tag := range first {
			p.done(tag)
		}
		if f, ok := p.frame(); ok {
			t.Errorf("after the Rdrain came %v", f.Type)
		}
	})
	onStage(t, s, &client.Client{}, func(t *testing.T, c *client.Client, st *stage) {
		var wg sync.WaitGroup
		for i := range 10 {
			if i == 3 {
				synctest.Wait()
			}
			wg.Go(func() {
				if err := echo(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := st.dials.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
}

// TestMuxPing: a server that says nothing while it owes a reply is asked for a
// sign of life, and given up without one. Pings of the server are answered.
func TestMuxPing(t *testing.T) {
	for _, alive := range []bool{true, false} {
		t.Run(fmt.Sprint("alive=", alive), func(t *testing.T) {
			pings := 0
			s := negotiated(0, func(p *peer) {
				tag, ok := p.call()
				if !ok {
					return
				}
				p.say(thriftmux.Tping, 4242, "")
				if f, _ := p.frame(); f.Type != thriftmux.Rping || f.Tag != 4242 {
					t.Errorf("a ping is answered by %v on tag %d", f.Type, f.Tag)
				}
				for f, ok := p.frame(); ok && f.Type == thriftmux.Tping; f, ok = p.frame() {
					if pings++; alive {
						p.say(thriftmux.Rping, f.Tag, "")
					}
					if pings == 5 {
						p.done(tag)
					}
				}
			})
			onStage(t, s, &client.Client{PingInterval: 4 * time.Second}, func(t *testing.T, c *client.Client, _ *stage) {
				began := time.Now()
				err := echo(t.Context(), c)
				took := time.Since(began)
				if alive && (err != nil || took < 20*time.Second || took > 30*time.Second) {
					t.Errorf("the call: %v, after %v and %d pings", err, took, pings)
				}
				if !alive && (err == nil || !strings.Contains(err.Error(), "ping") || took > 12*time.Second || pings != 1) {
					t.Errorf("the call: %v, after %v and %d pings", err, took, pings)
				}
			})
		})
	}
}

// TestMuxPingsWithoutEnd: a server that asks for signs of life and takes none does
// not fill the client's memory.
func TestMuxPingsWithoutEnd(t *testing.T) {
	var pings []byte
	for range 1000 {
		pings = thriftmux.AppendEmpty(pings, thriftmux.Tping, 9)
	}
	s := negotiated(0, func(p *peer) {
		if p.n > 1 {
			p.serveAll()
			return
		}
		p.call()
		for range 100 {
			p.Write(pings)
		}
		p.swallow()
	})
	onStage(t, s, &client.Client{MaxConnBytes: 1000, MaxMessageSize: 1000}, func(t *testing.T, c *client.Client, _ *stage) {
		check(t, "call", echo(t.Context(), c), lost("pings"))
		check(t, "next call", echo(t.Context(), c), outcome{})
	})
}

// TestMuxContexts: a call carries its deadline, who calls, a trace and the
// headers of the application; and all that came with the call on whose behalf it
// is made.
func TestMuxContexts(t *testing.T) {
	requests := make(chan thriftmux.Request, 1)
	s := negotiated(0, func(p *peer) {
		for f, ok := p.frame(); ok; f, ok = p.frame() {
			q, err := thriftmux.ParseTdispatch(f.Body, thriftmux.Limits{})
			if err != nil {
				t.Error(err)
			}
			requests <- q
			p.done(f.Tag)
		}
	})
	onStage(t, s, &client.Client{ClientID: "me"}, func(t *testing.T, c *client.Client, _ *stage) {
		call := func(ctx context.Context) thriftmux.Pairs {
			t.Helper()
			if err := echo(ctx, c); err != nil {
				t.Fatal(err)
			}
			return (<-requests).Contexts
		}
		get := func(p thriftmux.Pairs, key string) string {
			value, _ := p.Get(key)
			return string(value)
		}
		root := call(t.Context())
		trace, ok := thriftmux.ParseTrace([]byte(get(root, thriftmux.TraceKey)))
		if !ok || !trace.Root() || trace.ID != trace.Span {
			t.Errorf("trace %+v", trace)
		}
		if n, ok := thriftmux.ParseRetries([]byte(get(root, thriftmux.RetriesKey))); !ok || n != 0 {
			t.Errorf("retries %d", n)
		}
		if get(root, thriftmux.ClientIDKey) != "me" || get(root, thriftmux.DeadlineKey) != "" || root.Len() != 3 {
			t.Errorf("%d contexts", root.Len())
		}

		var app thriftmux.Pairs
		if err := thriftmux.AddPair(&app, "tenant", "blue"); err != nil {
			t.Fatal(err)
		}
		parent := thriftmux.Trace{Span: 5, Parent: 6, ID: 7, Flags: thriftmux.FlagDebug, High: 8}
		ctx := mux.WithContexts(t.Context(), mux.Header{
			{Key: thriftmux.TraceKey, Value: string(parent.Append(nil))}, {Key: "other", Value: "kept"},
			{Key: thriftmux.ClientIDKey, Value: "them"}, {Key: thriftmux.RequestHeadersKey, Value: string(app.Bytes())},
			{Key: thriftmux.DeadlineKey, Value: "theirs"}, {Key: thriftmux.RetriesKey, Value: "many"},
		})
		by := time.Now().Add(time.Minute)
		ctx, cancel := context.WithDeadline(ctx, by)
		defer cancel()
		child := call(ctx)
		trace, _ = thriftmux.ParseTrace([]byte(get(child, thriftmux.TraceKey)))
		if want := parent.Child(trace.Span); trace != want || trace.Span == 5 {
			t.Errorf("trace %+v, want a child of %+v", trace, parent)
		}
		d, _ := thriftmux.ParseDeadline([]byte(get(child, thriftmux.DeadlineKey)))
		if !d.Deadline.Equal(by) || !d.Timestamp.Equal(time.Now()) {
			t.Errorf("deadline %v", d)
		}
		if get(child, "other") != "kept" || get(child, thriftmux.ClientIDKey) != "me" ||
			get(child, thriftmux.RequestHeadersKey) != string(app.Bytes()) || child.Len() != 6 {
			t.Errorf("%d contexts", child.Len())
		}

		ctx = thrift.SetHeader(ctx, "tenant", "red")
		ctx = thrift.SetWriteHeaderList(ctx, []string{"tenant"})
		headers, _ := thriftmux.ParseHeaders([]byte(get(call(ctx), thriftmux.RequestHeadersKey)))
		if tenant, _ := headers.Get("tenant"); string(tenant) != "red" || headers.Len() != 1 {
			t.Errorf("headers %q", headers.Bytes())
		}

		ctx = thrift.SetHeader(ctx, "tenant", strings.Repeat("x", 40_000))
		var e *client.Error
		if err := echo(ctx, c); !errors.As(err, &e) || e.NotRun == mux.MayHaveRun {
			t.Errorf("headers that are too large: %v", err)
		}
	})
}

// TestMuxFragments: calls keep within the server's window, and replies in pieces
// are joined.
func TestMuxFragments(t *testing.T) {
	for _, window := range []int{1, 10, 100} {
		s := negotiated(window, func(p *peer) {
			var joiner thriftmux.Assembler
			for f, ok := p.frame(); ok; f, ok = p.frame() {
				if len(f.Body) > window {
					t.Errorf("a frame of %d bytes, over %d", len(f.Body), window)
				}
				body, done, err := joiner.Add(f)
				if err != nil {
					t.Error(err)
				}
				if !done {
					continue
				}
				if _, err := thriftmux.ParseTdispatch(body, thriftmux.Limits{}); err != nil {
					t.Error(err)
				}
				answer := append([]byte{0, 0, 0}, reply(0)[wire.FrameHeaderSize:]...)
				for pieces, more := thriftmux.Split(thriftmux.Rdispatch, f.Tag, answer, 3), true; more; {
					var out []byte
					out, more = pieces.Next(nil)
					p.Write(out)
					p.say(thriftmux.Tping, 9, "")
					if f, _ := p.frame(); f.Type != thriftmux.Rping {
						t.Errorf("got %v", f.Type)
					}
				}
			}
		})
		onStage(t, s, &client.Client{}, func(t *testing.T, c *client.Client, _ *stage) {
			for range 3 {
				if err := echo(t.Context(), c); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
