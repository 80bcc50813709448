package client_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// outcome is what becomes of a call. The zero outcome is an answer.
type outcome struct {
	code      mux.Code // of a *client.Error, or of the server's exception
	exception bool
	notRun    bool
	retriable bool
	text      string // that the error's text holds
}

// lost is the outcome of a call whose connection ended before the reply.
func lost(text string) outcome { return outcome{code: mux.InternalError, text: text} }

// first is a script that does one thing to the first connections, behind their
// first call, and answers on the others.
func first(connections int, do func(p *peer, id int32)) script {
	return func(p *peer) {
		if p.n <= connections {
			if id, ok := p.read(); ok {
				do(p, id)
			}
			return
		}
		p.answer()
	}
}

// scripts are the ways in which a server misbehaves: what becomes of the first
// call, with a context of a minute, and over how many connections it and a second
// call go, which is always answered.
var scripts = []struct {
	name   string
	set    func(*client.Client)
	script script
	first  outcome
	dials  int32
}{
	{
		name:   "drop before any byte",
		script: first(1, func(*peer, int32) {}),
		first:  lost("closed the connection"), dials: 2,
	}, {
		name:   "drop inside the frame's length",
		script: first(1, func(p *peer, id int32) { p.Write(reply(id)[:3]) }),
		first:  lost("after 3 bytes"), dials: 2,
	}, {
		name:   "drop after half a frame",
		script: first(1, func(p *peer, id int32) { p.Write(reply(id)[:len(reply(id))-5]) }),
		first:  lost("inside a reply"), dials: 2,
	}, {
		name:   "drop after the reply's header",
		script: first(1, func(p *peer, id int32) { p.Write(reply(id)[:headerEnd]) }),
		first:  lost("inside a reply"), dials: 2,
	}, {
		name:   "reply twice",
		script: first(1, func(p *peer, id int32) { p.Write(append(reply(id), reply(id)...)); p.swallow() }),
		dials:  2,
	}, {
		name:   "an id never issued",
		script: first(1, func(p *peer, id int32) { p.Write(reply(id + 77)); p.swallow() }),
		first:  lost("no call in flight has"), dials: 2,
	}, {
		name:   "a call instead of a reply",
		script: first(1, func(p *peer, id int32) { p.Write(framedMessage(wire.Call, id, []byte{0})); p.swallow() }),
		first:  lost("not a message of type call"), dials: 2,
	}, {
		name:   "a frame over the limit",
		script: first(1, func(p *peer, id int32) { p.Write([]byte{0x7f, 0, 0, 0}); p.swallow() }),
		first:  lost("limit"), dials: 2,
	}, {
		name: "a reply over the limit",
		script: first(1, func(p *peer, id int32) {
			p.Write(append([]byte{0x01, 0x40, 0, 0}, reply(id)[4:]...)) // 20 MiB to come
			p.swallow()
		}),
		first: lost("6f: wire: frame length 20971520 at byte 0 is over the limit of 16384000 (MaxMessageSize)"), dials: 2,
	}, {
		name:   "bytes of another protocol",
		script: first(1, func(p *peer, id int32) { p.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); p.swallow() }),
		first:  lost(`HTTP, which this client does not speak ("HTTP/1.1 400 Bad Request"); Dialect is framed`), dials: 2,
	}, {
		name:   "a result that is none",
		script: first(1, func(p *peer, id int32) { p.Write(framedMessage(wire.Reply, id, []byte{0x0b})); p.answer() }),
		first:  outcome{code: mux.ProtocolError, text: "result"}, dials: 1,
	}, {
		name:   "never reply",
		script: first(1, func(p *peer, id int32) { p.answer() }),
		first:  outcome{code: mux.DeadlineExceeded, text: "deadline"}, dials: 1,
	}, {
		name:   "reply too late",
		script: first(1, func(p *peer, id int32) { time.Sleep(61 * time.Second); p.Write(reply(id)); p.answer() }),
		first:  outcome{code: mux.DeadlineExceeded}, dials: 1,
	}, {
		name:   "never reply, and one call a connection",
		set:    func(c *client.Client) { c.Mode = client.Exclusive },
		script: first(1, func(p *peer, id int32) { p.swallow() }),
		first:  outcome{code: mux.DeadlineExceeded}, dials: 2,
	}, {
		name: "reset",
		script: first(1, func(p *peer, id int32) {
			if c, ok := p.Conn.(interface{ Reset() }); ok {
				c.Reset()
			} else {
				p.Conn.(*net.TCPConn).SetLinger(0)
			}
		}),
		first: lost("reset"), dials: 2,
	}, {
		name:   "half a reply and then nothing",
		set:    func(c *client.Client) { c.MessageTimeout = 10 * time.Second },
		script: first(1, func(p *peer, id int32) { p.Write(reply(id)[:9]); p.swallow() }),
		first:  lost("MessageTimeout"), dials: 2,
	}, {
		name:   "drop, and the method may be run twice",
		set:    func(c *client.Client) { c.Idempotent = func(string, string) bool { return true } },
		script: first(2, func(*peer, int32) {}),
		dials:  3,
	}, {
		name:   "drop more often than there are attempts",
		set:    func(c *client.Client) { c.Idempotent = func(string, string) bool { return true }; c.MaxAttempts = 2 },
		script: first(2, func(*peer, int32) {}),
		first:  lost("closed the connection"), dials: 3,
	}, {
		name: "drop, and then the server is overloaded, and the method may be run twice",
		set:  func(c *client.Client) { c.Idempotent = func(string, string) bool { return true }; c.MaxAttempts = 2 },
		script: func(p *peer) {
			if id, ok := p.read(); ok && p.n > 1 {
				p.Write(refusal(id, mux.Overloaded, mux.SendAgain))
				p.answer()
			}
		},
		first: lost("closed the connection"), dials: 2,
	}, {
		name:   "the server is overloaded, once",
		script: first(1, func(p *peer, id int32) { p.Write(refusal(id, mux.Overloaded, mux.SendAgain)); p.answer() }),
		dials:  1,
	}, {
		name:   "the server is overloaded, and there is one attempt",
		set:    func(c *client.Client) { c.MaxAttempts = 1 },
		script: first(1, func(p *peer, id int32) { p.Write(refusal(id, mux.Overloaded, mux.SendAgain)); p.answer() }),
		first:  outcome{code: mux.Overloaded, exception: true, retriable: true}, dials: 1,
	}, {
		name:   "no such method",
		script: first(1, func(p *peer, id int32) { p.Write(refusal(id, mux.UnknownMethod, mux.DoNotSendAgain)); p.answer() }),
		first:  outcome{code: mux.UnknownMethod, exception: true}, dials: 1,
	}, {
		name:   "the server is overloaded, and wants the call no more",
		script: first(1, func(p *peer, id int32) { p.Write(refusal(id, mux.Overloaded, mux.DoNotSendAgain)); p.answer() }),
		first:  outcome{code: mux.Overloaded, exception: true}, dials: 1,
	}, {
		name:   "a server is overloaded, and does not say that it did not run the call",
		script: first(1, func(p *peer, id int32) { p.Write(refusal(id, mux.Overloaded, mux.MayHaveRun)); p.answer() }),
		first:  outcome{code: mux.Overloaded, exception: true}, dials: 1,
	}, {
		name:   "a server's handler could not reach something",
		script: first(1, func(p *peer, id int32) { p.Write(refusal(id, mux.Unavailable, mux.MayHaveRun)); p.answer() }),
		first:  outcome{code: mux.Unavailable, exception: true}, dials: 1,
	}, {
		name:   "a failure of any code that was certainly no run",
		script: first(1, func(p *peer, id int32) { p.Write(refusal(id, mux.ValidationFailed, mux.SendAgain)); p.answer() }),
		dials:  1,
	}, {
		name: "a mark that nobody knows",
		script: first(1, func(p *peer, id int32) {
			p.Write(framedMessage(wire.Exception, id, []byte("\x08\x00\x02\x00\x00\x00\x65\x08\x0b\xb8\x00\x00\x00\x03\x00")))
			p.answer()
		}),
		first: outcome{code: mux.Overloaded, exception: true}, dials: 1,
	},
}

func TestScriptedPeers(t *testing.T) {
	for _, tt := range scripts {
		t.Run(tt.name, func(t *testing.T) {
			noneLeft(t)
			synctest.Test(t, func(t *testing.T) {
				c := newClient(tt.set)
				st := playInMemory(tt.script)
				st.client(c)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				check(t, "first call", echo(ctx, c), tt.first)
				check(t, "second call", echo(t.Context(), c), outcome{})
				if n := st.dials.Load(); n != tt.dials {
					t.Errorf("%d connections were dialed, want %d", n, tt.dials)
				}
				if err := c.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if u := c.Limits.Use(); u != (client.Use{}) {
					t.Errorf("after Close %+v is in use", u)
				}
				st.end()
			})
		})
	}
}

// The scripts that take no time, once more on sockets, where callers read for
// themselves.
func TestScriptedPeersOverTCP(t *testing.T) {
	for _, tt := range scripts {
		if tt.first.code == mux.DeadlineExceeded || tt.first.text == "MessageTimeout" {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			noneLeft(t)
			// The first connection's misbehaviour begins when the goroutine has
			// left the reading to the callers.
			c, warmed := newClient(tt.set), make(chan struct{})
			st := playOverTCP(t, func(p *peer) {
				if p.n == 1 {
					for range 40 {
						id, _ := p.read()
						p.Write(reply(id))
					}
					<-warmed
				}
				tt.script(p)
			})
			st.client(c)
			for range 40 {
				check(t, "warming up", echo(t.Context(), c), outcome{})
			}
			close(warmed)
			check(t, "first call", echo(t.Context(), c), tt.first)
			check(t, "second call", echo(t.Context(), c), outcome{})
			if n := st.dials.Load(); n != tt.dials {
				t.Errorf("%d connections were dialed, want %d", n, tt.dials)
			}
			c.Close(t.Context())
			st.end()
		})
	}
}

// newClient returns a client with Limits to ask.
func newClient(set func(*client.Client)) *client.Client {
	c := &client.Client{Limits: new(client.Limits)}
	if set != nil {
		set(c)
	}
	return c
}

// check holds an error against the outcome that it should tell of.
func check(t *testing.T, what string, err error, want outcome) {
	t.Helper()
	if want == (outcome{}) {
		if err != nil {
			t.Errorf("%s: %v, want an answer", what, err)
		}
		return
	}
	if err == nil {
		t.Errorf("%s was answered, want %v", what, want.code)
		return
	}
	got := outcome{retriable: client.IsRetriable(err), text: want.text}
	var e *client.Error
	if x := thrift.TApplicationException(nil); errors.As(err, &x) {
		got.code, got.exception = mux.Code(x.TypeId()), true
	} else if errors.As(err, &e) {
		got.code, got.notRun = e.Code, e.NotRun != mux.MayHaveRun
	}
	if got != want || !strings.Contains(err.Error(), want.text) {
		t.Errorf("%s: %v\ngives %+v, want %+v", what, err, got, want)
	}
}

func TestStalledConnectionIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(first(1, func(p *peer, id int32) { p.swallow() }))
		c := st.client(&client.Client{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		check(t, "stalled call", echo(ctx, c), outcome{code: mux.DeadlineExceeded})
		start := time.Now()
		check(t, "call behind it", echo(t.Context(), c), lost("StallTimeout"))
		if took := time.Since(start); took < 59*time.Second || took > 90*time.Second {
			t.Errorf("the connection was given up after %v, want about a minute", took)
		}
		check(t, "next call", echo(t.Context(), c), outcome{})
		c.Close(t.Context())
		st.end()
	})
}

func TestTooManyAbandonedCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := playInMemory(func(p *peer) {
			if p.n == 1 {
				p.swallow()
			}
			p.answer()
		})
		c := st.client(&client.Client{MaxAbandoned: 3})
		for range 4 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			check(t, "call", echo(ctx, c), outcome{code: mux.DeadlineExceeded})
			cancel()
		}
		check(t, "call after four were given up", echo(t.Context(), c), outcome{})
		c.Close(t.Context())
		st.end()
	})
}

func TestRefusedDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noneLeft(t)
		refused := errors.New("connection refused")
		dials := 0
		c := &client.Client{Target: "stage:1", DialContext: func(context.Context, string, string) (net.Conn, error) {
			dials++
			return nil, refused
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := echo(ctx, c)
		check(t, "call", err, outcome{code: mux.DeadlineExceeded, notRun: true, retriable: true})
		if !errors.Is(err, refused) {
			t.Errorf("%v does not tell why", err)
		}
		// The pause grows from 50 ms to 10 s, and half of it may be taken off.
		if dials < 360 || dials > 740 {
			t.Errorf("%d dials in an hour, want one each 5 to 10 s", dials)
		}
		c.Close(t.Context())
	})
}

func TestFailFastWhenEveryEndpointIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("connection refused")
		c := &client.Client{Target: "stage:1", FailFast: true,
			DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}
		start := time.Now()
		err := echo(t.Context(), c)
		check(t, "call", err, outcome{code: mux.Unavailable, notRun: true, retriable: true})
		if !errors.Is(err, refused) || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		c.Close(t.Context())
	})
}

// A call that may have been run stays one, whatever becomes of it when it is to be
// sent again.
func TestSentAgainInVain(t *testing.T) {
	ctxEnds := outcome{code: mux.DeadlineExceeded, text: "closed the connection"}
	for name, c := range map[string]struct {
		set  func(*client.Client)
		want outcome
	}{
		"until the context ends": {func(*client.Client) {}, ctxEnds},
		"because every endpoint is down": {func(c *client.Client) { c.FailFast = true },
			outcome{code: mux.InternalError, text: "closed the connection"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := playInMemory(func(p *peer) { p.read() })
				cl := newClient(c.set)
				cl.Idempotent = func(string, string) bool { return true }
				open, dials := st.client(cl).DialContext, 0
				cl.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					if dials++; dials > 1 {
						return nil, errors.New("refused")
					}
					return open(ctx, network, address)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				check(t, "call", echo(ctx, cl), c.want)
				cl.Close(t.Context())
				st.end()
			})
		})
	}
}

func TestServerThatClosesAfterEveryFewCalls(t *testing.T) {
	for n := 1; n <= 4; n++ {
		st := playOverTCP(t, func(p *peer) {
			for range n {
				if id, ok := p.read(); ok {
					p.Write(reply(id))
				}
			}
		})
		c := st.client(&client.Client{Idempotent: func(string, string) bool { return true }, RetryShare: 100, MaxAttempts: 1000, MinBackoff: time.Millisecond, MaxBackoff: time.Millisecond})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 50 {
					check(t, "call", echo(t.Context(), c), outcome{})
				}
			})
		}
		wg.Wait()
		c.Close(t.Context())
		st.end()
	}
}
