package server_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// TestMuxSessionStart plays what clients begin with. Names are of Finagle's
// frames; the answers are what Finagle's server was seen to send, but for those
// that differ on purpose.
func TestMuxSessionStart(t *testing.T) {
	v := vectors(t)
	version2 := initFrame(thriftmux.Init{Version: 2})
	badWindow := thriftmux.Init{Version: 1}
	badWindow.Add(thriftmux.InitFrameLimit, "\x00\x00\x00\x00")
	tlsRequired := thriftmux.Init{Version: 1}
	tlsRequired.Add(thriftmux.InitTLS, "required")
	newerCheck := thriftmux.AppendFrame(nil, thriftmux.Frame{Type: thriftmux.Rerr, Newer: true, Tag: 1, Body: []byte(thriftmux.CheckTinit)})
	rinit := thriftmux.Init{Version: 1}
	rinit.AddFrameLimit(256 << 10)
	rinit.Add(thriftmux.InitTLS, "off")
	wantInit := string(thriftmux.AppendInit(nil, rinit))

	type answer struct {
		typ  thriftmux.Type
		tag  uint32
		body string
	}
	check := answer{thriftmux.Rerr, 1, thriftmux.CheckTinit}
	for _, c := range []struct {
		name string
		send [][]byte
		want []answer
		ends bool
	}{
		{"check and Tinit", [][]byte{v["tinit-check-request"], v["tinit-default"], v["tping"]},
			[]answer{check, {thriftmux.Rinit, 1, wantInit}, {thriftmux.Rping, 1, ""}}, false},
		{"check under the newer number", [][]byte{newerCheck}, []answer{check}, false},
		{"check twice", [][]byte{v["tinit-check-request"], v["tinit-check-request"]}, []answer{check, check}, false},
		{"check in mid-session", [][]byte{v["tping"], thriftmux.AppendTdiscarded(nil, 99, ""), v["tinit-check-request"]},
			[]answer{{thriftmux.Rping, 1, ""}, {thriftmux.Rerr, 1, "Unexpected mux message type 127"}}, false},
		{"Tinit without check", [][]byte{v["tinit-default"], v["tping"]},
			[]answer{{thriftmux.Rerr, 1, "Unexpected mux message type 68"}, {thriftmux.Rping, 1, ""}}, false},
		{"Tinit without headers", [][]byte{v["tinit-check-request"], initFrame(thriftmux.Init{Version: 1})},
			[]answer{check, {thriftmux.Rinit, 1, wantInit}}, false},
		{"Tinit twice", [][]byte{v["tinit-check-request"], v["tinit-default"], v["tinit-default"]},
			[]answer{check, {thriftmux.Rinit, 1, wantInit}, {thriftmux.Rerr, 1, "Unexpected mux message type 68"}}, false},
		{"Tinit of another version", [][]byte{v["tinit-check-request"], version2},
			[]answer{check, {thriftmux.Rerr, 1, "Unsupported Mux version: 2"}}, true},
		{"Tinit with a window of 0", [][]byte{v["tinit-check-request"], initFrame(badWindow)},
			[]answer{check, {thriftmux.Rerr, 1, "-"}}, true},
		{"Tinit that requires TLS", [][]byte{v["tinit-check-request"], initFrame(tlsRequired)},
			[]answer{check, {thriftmux.Rerr, 1, "-"}}, true},
		{"ping first", [][]byte{ping(1), v["tinit-check-request"], v["tinit-default"]},
			[]answer{{thriftmux.Rping, 1, ""}, check, {thriftmux.Rinit, 1, wantInit}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *network) {
				start(t, n, echoServer())
				p := dialMux(t, n)
				p.send(c.send...)
				for _, a := range c.want {
					f := p.want(a.typ, a.tag)
					if a.body == "-" && len(f.Body) > 0 {
						continue
					}
					if string(f.Body) != a.body {
						t.Fatalf("%v says %q, want %q", f.Type, f.Body, a.body)
					}
				}
				if c.ends {
					p.wantEnd()
				}
			})
		})
	}
}

// TestMuxVectorCalls sends Finagle's own calls, each first on its session.
func TestMuxVectorCalls(t *testing.T) {
	v := vectors(t)
	onBoth(t, func(t *testing.T, n *network) {
		got := make(chan *mux.Request, 1)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			got <- req.Clone()
			return nil
		}))
		for _, c := range []struct{ name, method string }{
			{"tdispatch-minimal-contexts", "echo"},
			{"tdispatch-all-contexts", "echo"},
			{"tdispatch-trace-128", "echo"},
			{"tdispatch-retry-1", "echo"},
			{"tdispatch-no-contexts", "slow"},
			{"treq-trace", "echo"},
			{"fragmented-request-assembled", "echo"},
		} {
			p := dialMux(t, n)
			p.send(v[c.name])
			req := <-got
			if req.Service != "FooApi" || req.Method != c.method || req.Peer.Dialect != "thriftmux" {
				t.Errorf("%s: %s.%s on %s", c.name, req.Service, req.Method, req.Peer.Dialect)
			}
			answer := thriftmux.Rdispatch
			if c.name == "treq-trace" {
				answer = thriftmux.Rreq
			}
			f := p.want(answer, 2)
			h, err := wire.ParseHeader(wire.Binary, f.Body[len(f.Body)-len(req.Body)-12-len(c.method):], 0)
			if err != nil || h.Type != wire.Reply || string(h.Name) != c.method || h.SeqID != req.SeqID {
				t.Errorf("%s: answered with %v %q %d, %v", c.name, h.Type, h.Name, h.SeqID, err)
			}
		}
	})
}

func TestMuxRepliesLeaveAsTheyAreReady(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		const calls = 50
		var turn [calls + 1]chan struct{}
		for i := range turn {
			turn[i] = make(chan struct{})
		}
		close(turn[calls])
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			<-turn[req.SeqID-1] // the last ends first
			return nil
		}))
		p := dialMux(t, n)
		var frames [][]byte
		for _, tag := range tags(2, calls) {
			frames = append(frames, dispatch(tag, "A:b", int(tag)*100))
		}
		p.send(frames...)
		for tag := uint32(calls + 1); tag >= 2; tag-- {
			p.wantReply(tag)
			close(turn[tag-2])
		}
	})
}

func TestMuxAThousandCallsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		const calls = 1000
		g := newGate(t)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			g.pass()
			return nil
		}))
		p := dialMux(t, n)
		p.negotiate(0)
		var frames [][]byte
		for _, tag := range tags(2, calls) {
			frames = append(frames, dispatch(tag, "A:b", 100))
		}
		p.send(frames...)
		g.await(calls)
		p.send(ping(1))
		p.want(thriftmux.Rping, 1) // though every handler is busy
		g.open()
		seen := make(map[uint32]bool)
		for range calls {
			f, err := p.frame()
			if err != nil || f.Type != thriftmux.Rdispatch || seen[f.Tag] {
				t.Fatalf("got %v on tag %d, %v", f.Type, f.Tag, err)
			}
			seen[f.Tag] = true
		}
	})
}

func TestMuxAnswers(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		m := mux.New()
		refuses := func(next mux.Handler) mux.Handler {
			return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				switch req.Method {
				case "full":
					return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
				case "away":
					return mux.ResultReply(req.Protocol, nil), fmt.Errorf("wrapped: %w", mux.Refusef(mux.SendAgain, mux.Unavailable, "away"))
				case "odd":
					return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.ValidationFailed, "odd")
				case "late":
					return mux.Reply{}, mux.Refusef(mux.DoNotSendAgain, mux.DeadlineExceeded, "late")
				case "spent":
					return mux.Reply{}, mux.Refusef(mux.DoNotSendAgain, mux.Overloaded, "spent")
				case "denied":
					return mux.Reply{}, mux.Refusef(mux.DoNotSendAgain, mux.PermissionDenied, "no")
				}
				return next.ServeThrift(ctx, req)
			})
		}
		m.Handle("A", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			switch req.Method {
			case "panics":
				panic("!")
			case "ran, full":
				return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
			case "ran, away":
				return mux.Reply{}, mux.Errorf(mux.Unavailable, "away")
			case "passed on":
				body := wire.AppendMarkedException(nil, req.Protocol, int32(mux.Overloaded), "full", mux.SendAgain)
				return mux.Reply{Type: wire.Exception, Body: body}, nil
			}
			return mux.ResultReply(req.Protocol, req.Body), nil
		}), refuses)
		m.Alias("", "A")
		start(t, n, &server.Server{Handler: m})
		p := dialMux(t, n)

		p.send(dispatch(2, "A:panics", 0))
		p.wantException(2, "panics", mux.InternalError)
		p.send(dispatch(3, "B:b", 0))
		p.wantException(3, "b", mux.UnknownMethod)
		p.send(dispatch(4, "A:denied", 0))
		p.wantException(4, "denied", mux.PermissionDenied)
		p.send(dispatch(5, "b", 10))
		p.wantReply(5) // the default service
		for _, name := range []string{"full", "away", "odd"} {
			p.send(dispatch(11, "A:"+name, 0))
			p.wantNack(11, thriftmux.Retryable|thriftmux.Rejected)
		}
		for _, name := range []string{"late", "spent"} {
			p.send(dispatch(11, "A:"+name, 0))
			p.wantNack(11, thriftmux.NonRetryable|thriftmux.Rejected)
		}
		for name, code := range map[string]mux.Code{"ran, full": mux.Overloaded, "ran, away": mux.Unavailable, "passed on": mux.Overloaded} {
			p.send(dispatch(11, "A:"+name, 0))
			p.wantException(11, name, code)
		}

		reply := tdispatch(6, append(wire.AppendHeader(nil, wire.Binary, wire.Reply, "b", 1), 0), thriftmux.Pairs{})
		p.send(reply)
		p.wantException(6, "b", mux.InvalidMessageType)

		oneway := tdispatch(7, append(wire.AppendHeader(nil, wire.Binary, wire.Oneway, "b", 1), 0), thriftmux.Pairs{})
		p.send(oneway)
		if r := p.response(7); r.Status != thriftmux.StatusOK || len(r.Payload) > 0 {
			t.Errorf("a oneway call is answered with status %d %q", r.Status, r.Payload)
		}

		p.send(tdispatch(8, []byte("?????"), thriftmux.Pairs{}))
		if r := p.response(8); r.Status != thriftmux.StatusError || r.Failure() != thriftmux.NonRetryable || len(r.Payload) == 0 {
			t.Errorf("no message is answered with status %d %d %q", r.Status, r.Failure(), r.Payload)
		}
	})
}

// TestMuxProtocols sends a call in each protocol: the payload tells which.
func TestMuxProtocols(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		got := make(chan string, 1)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			got <- fmt.Sprintf("%v %q", req.Protocol, req.Body)
			return nil
		}))
		p := dialMux(t, n)
		for _, c := range []struct {
			protocol wire.Protocol
			body     string
		}{{wire.Binary, "\x00"}, {wire.Compact, "\x00"}, {wire.JSON, "{}"}} {
			payload := wire.AppendHeader(nil, c.protocol, wire.Call, "A:b", -7)
			payload = wire.AppendEnd(append(payload, c.body...), c.protocol)
			p.send(tdispatch(2, payload, thriftmux.Pairs{}))
			if want := fmt.Sprintf("%v %q", c.protocol, c.body); <-got != want {
				t.Errorf("want %s", want)
			}
			want := wire.AppendHeader(nil, c.protocol, wire.Reply, "b", -7)
			want = wire.AppendEnd(append(want, c.body...), c.protocol)
			if r := p.response(2); string(r.Payload) != string(want) {
				t.Errorf("%v: answered with %q, want %q", c.protocol, r.Payload, want)
			}
		}
		p.send(tdispatch(3, append(wire.AppendOldHeader(nil, wire.Call, "b", 3), 0), thriftmux.Pairs{}))
		<-got
		p.wantReply(3)
	})
}

func TestMuxTreq(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		got := make(chan thriftmux.Trace, 1)
		start(t, n, handle(func(ctx context.Context, req *mux.Request) error {
			trace, _ := thriftmux.ParseTrace([]byte(req.Header.Get(thriftmux.TraceKey)))
			got <- trace
			return nil
		}, func(next mux.Handler) mux.Handler {
			return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
				switch req.Method {
				case "full":
					return mux.Reply{}, mux.Refusef(mux.SendAgain, mux.Overloaded, "full")
				case "spent": // no flags tell an old client not to send it again
					return mux.Reply{}, mux.Refusef(mux.DoNotSendAgain, mux.Overloaded, "spent")
				}
				return next.ServeThrift(ctx, req)
			})
		}))
		p := dialMux(t, n)
		var q thriftmux.OldRequest
		want := thriftmux.Trace{Span: 1, Parent: 2, ID: 3, Flags: thriftmux.FlagDebug}
		q.SetTrace(want)
		for tag, payload := range map[uint32][]byte{9: message("A:b", 9, 4), 10: message("A:full", 10, 0), 11: []byte("?"), 12: message("A:spent", 12, 0)} {
			b, mark := thriftmux.BeginFrame(nil, thriftmux.Treq, tag)
			b = append(thriftmux.AppendTreq(b, q), payload...)
			thriftmux.EndFrame(b, mark)
			p.send(b)
			r, err := thriftmux.ParseRreq(p.want(thriftmux.Rreq, tag).Body)
			if err != nil {
				t.Fatal(err)
			}
			status := map[uint32]thriftmux.Status{9: thriftmux.StatusOK, 10: thriftmux.StatusNack, 11: thriftmux.StatusError, 12: thriftmux.StatusOK}[tag]
			if r.Status != status {
				t.Errorf("tag %d: status %d %q", tag, r.Status, r.Payload)
			}
			if tag == 9 {
				if trace := <-got; trace != want {
					t.Errorf("trace %+v, want %+v", trace, want)
				}
			}
		}
	})
}

func TestMuxHeaders(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		type seen struct{ header, contexts mux.Header }
		got := make(chan seen, 1)
		start(t, n, &server.Server{Handler: mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			got <- seen{req.Header.Clone(), mux.ContextsFrom(ctx)}
			rep := mux.ResultReply(req.Protocol, req.Body)
			rep.Header.Add("took", "long")
			rep.Header.Add("big", string(make([]byte, thriftmux.MaxField)))
			return rep, nil
		})})
		p := dialMux(t, n)
		app := contexts(t, "tenant", "blue", "tenant", "red")
		own := mux.Header{{Key: "x", Value: "1"}, {Key: thriftmux.RequestHeadersKey, Value: string(app.Bytes())}, {Key: "x", Value: "2"}}
		p.send(tdispatch(2, message("A:b", 2, 0), contexts(t, "x", "1", thriftmux.RequestHeadersKey, string(app.Bytes()), "x", "2")))
		s := <-got
		if !slices.Equal(s.contexts, own) {
			t.Errorf("contexts %q, want %q", s.contexts, own)
		}
		if want := append(own.Clone(), mux.Field{Key: "tenant", Value: "blue"}, mux.Field{Key: "tenant", Value: "red"}); !slices.Equal(s.header, want) {
			t.Errorf("header %q, want %q", s.header, want)
		}
		r := p.response(2)
		value, _ := r.Contexts.Get(thriftmux.ResponseHeadersKey)
		headers, ok := thriftmux.ParseHeaders(value)
		if took, _ := headers.Get("took"); !ok || string(took) != "long" || headers.Len() != 1 || r.Contexts.Len() != 1 {
			t.Errorf("the reply has %d contexts, %d headers, took %q", r.Contexts.Len(), headers.Len(), took)
		}

		// Headers that are broken, or of the call before, do not come.
		p.send(tdispatch(2, message("A:b", 2, 0), contexts(t, thriftmux.RequestHeadersKey, "\x00")))
		if s := <-got; len(s.header) != 1 {
			t.Errorf("header %q", s.header)
		}
		p.response(2)
		p.send(dispatch(2, "A:b", 0))
		if s := <-got; s.header != nil || s.contexts != nil {
			t.Errorf("header %q, contexts %q", s.header, s.contexts)
		}
		p.response(2)
	})
}
