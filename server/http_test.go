package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// browser is an HTTP client of n's server.
func browser(n *network) *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return n.dial() },
	}}
}

// httpMessage is a call or a reply in HTTP: one without a frame.
func httpMessage(p wire.Protocol, typ wire.Type, name string, seqid int32, body string) string {
	b := wire.AppendHeader(nil, p, typ, name, seqid)
	return string(wire.AppendEnd(append(b, body...), p))
}

// httpRequest is the request that a body is posted in.
func httpRequest(body string) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-thrift\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// post sends a body and returns what came back.
func post(t *testing.T, c *http.Client, contentType, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("POST", "http://server/anything", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return do(t, c, r)
}

func get(t *testing.T, c *http.Client, path string) (status int) {
	t.Helper()
	r, err := http.NewRequest("GET", "http://server"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, _ := do(t, c, r)
	return resp.StatusCode
}

func do(t *testing.T, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func echoHTTP(*testing.T) *server.Server {
	return handle(func(ctx context.Context, req *mux.Request) error { return nil })
}

const xthrift = "application/x-thrift"

func TestHTTPCalls(t *testing.T) {
	binary, compact, json := "\x08\x00\x01\x00\x00\x00\x05\x00", "\x15\x0a\x00", `{"1":{"i32":5}}`
	old := string(append(wire.AppendOldHeader(nil, wire.Call, "A:b", 9), binary...))
	strict := httpMessage(wire.Binary, wire.Reply, "b", 9, binary)
	onBoth(t, func(t *testing.T, n *network) {
		start(t, n, echoHTTP(t))
		c := browser(n)
		defer c.CloseIdleConnections()
		for _, call := range []struct{ name, media, sent, want string }{
			{"binary", "application/vnd.apache.thrift.binary", httpMessage(wire.Binary, wire.Call, "A:b", 9, binary), strict},
			{"binary, told by its first byte", xthrift, httpMessage(wire.Binary, wire.Call, "A:b", 9, binary), strict},
			{"old binary, told by its first bytes", xthrift, old, strict},
			{"old binary", "application/vnd.apache.thrift.binary", old, strict},
			{"compact", "application/vnd.apache.thrift.compact", httpMessage(wire.Compact, wire.Call, "A:b", 9, compact), httpMessage(wire.Compact, wire.Reply, "b", 9, compact)},
			{"compact, told by its first byte", xthrift, httpMessage(wire.Compact, wire.Call, "A:b", 9, compact), httpMessage(wire.Compact, wire.Reply, "b", 9, compact)},
			{"JSON with a parameter", "application/vnd.apache.thrift.json; charset=utf-8", httpMessage(wire.JSON, wire.Call, "A:b", 9, json), httpMessage(wire.JSON, wire.Reply, "b", 9, json)},
			{"JSON, told by its first byte", xthrift, httpMessage(wire.JSON, wire.Call, "A:b", 9, json), httpMessage(wire.JSON, wire.Reply, "b", 9, json)},
			{"oneway", xthrift, httpMessage(wire.Binary, wire.Oneway, "A:c", 9, binary), ""},
		} {
			resp, got := post(t, c, call.media, call.sent)
			media, _, _ := strings.Cut(call.media, ";")
			if resp.StatusCode != 200 || got != call.want || resp.Header.Get("Content-Type") != media {
				t.Errorf("%s: %s of %q: %q, want %q of %q", call.name, resp.Status, resp.Header.Get("Content-Type"), got, call.want, media)
			}
		}
	})
}

func TestHTTPRefusals(t *testing.T) {
	call := httpMessage(wire.Binary, wire.Call, "A:b", 9, "\x00")
	onBoth(t, func(t *testing.T, n *network) {
		srv := echoHTTP(t)
		srv.MaxMessageSize = 1000
		log := new(logbook)
		srv.ErrorLog = log.logger()
		start(t, n, srv)
		c := browser(n)
		defer c.CloseIdleConnections()
		for _, r := range []struct {
			name, media, body string
			headers           []string
			status            int
			exception         bool
		}{
			{"form", "application/x-www-form-urlencoded", "a=b", nil, 415, false},
			{"no type", "", call, nil, 415, false},
			{"text from another site", "text/plain", call, []string{"Sec-Fetch-Site", "cross-site"}, 403, false},
			{"form from another site", "application/x-www-form-urlencoded", "a=b", []string{"Origin", "https://elsewhere.example"}, 403, false},
			{"call from another site", xthrift, call, []string{"Sec-Fetch-Site", "cross-site"}, 403, false},
			{"call from the same site", xthrift, call, []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://server"}, 200, false},
			{"nothing", xthrift, "", nil, 400, false},
			{"no Thrift", xthrift, "hello there, this is no Thrift", nil, 400, false},
			{"a frame", xthrift, "\x00\x00\x00\x11" + call, nil, 400, false},
			{"two calls", xthrift, call + call, nil, 200, true},
			{"a reply", xthrift, httpMessage(wire.Binary, wire.Reply, "b", 9, "\x00"), nil, 400, false},
			{"half a header", xthrift, call[:8], nil, 400, false},
			{"half a oneway", xthrift, httpMessage(wire.Binary, wire.Oneway, "A:b", 9, ""), nil, 400, false},
			{"other protocol", "application/vnd.apache.thrift.compact", call, nil, 400, false},
			{"too large", xthrift, strings.Repeat("a", 1001), nil, 413, false},
			{"too deep", xthrift, httpMessage(wire.Binary, wire.Call, "A:b", 9, strings.Repeat("\x0c\x00\x01", 70)), nil, 200, true},
		} {
			resp, got := post(t, c, r.media, r.body, r.headers...)
			if resp.StatusCode != r.status {
				t.Errorf("%s: %s: %q, want %d", r.name, resp.Status, got, r.status)
			} else if r.exception {
				wantException(t, got, mux.ProtocolError, "")
			}
		}
		log.want(t, "bound=Origins", "bound=MaxMessageSize")
		for _, method := range []string{"GET", "PUT", "OPTIONS", "HEAD"} {
			r, _ := http.NewRequest(method, "http://server/", nil)
			if resp, _ := do(t, c, r); resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST" {
				t.Errorf("%s: %s, allowed %q", method, resp.Status, resp.Header.Get("Allow"))
			}
		}
	})
}

// wantException checks that a message is an exception with the code.
func wantException(t *testing.T, b string, code mux.Code, text string) {
	t.Helper()
	h, err := wire.ParseHeader(wire.Binary, []byte(b), 0)
	if err != nil || h.Size == 0 || h.Type != wire.Exception {
		t.Fatalf("%q is no exception: %v", b, err)
	}
	got, says, err := wire.ParseException(wire.Binary, []byte(b)[h.Size:])
	if err != nil || mux.Code(got) != code || !strings.Contains(says, text) {
		t.Errorf("exception %v %q (%v), want %v with %q", mux.Code(got), says, err, code, text)
	}
}

func TestHTTPOutcomes(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		m := mux.New()
		m.Handle("A", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			switch req.Method {
			case "panic":
				panic("oh")
			case "goexit":
				runtime.Goexit()
			case "nothing":
				return mux.Reply{}, nil
			}
			return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
		}))
		start(t, n, &server.Server{Handler: m})
		c := browser(n)
		defer c.CloseIdleConnections()
		for _, call := range []struct {
			name string
			code mux.Code
		}{
			{"A:panic", mux.InternalError},
			{"A:goexit", mux.InternalError},
			{"A:nothing", mux.MissingResult},
			{"B:b", mux.UnknownMethod},
			{"b", mux.UnknownMethod},
		} {
			resp, got := post(t, c, xthrift, httpMessage(wire.Binary, wire.Call, call.name, 1, "\x00"))
			if resp.StatusCode != 200 {
				t.Errorf("%s: %s", call.name, resp.Status)
			}
			wantException(t, got, call.code, "")
		}
		if _, got := post(t, c, xthrift, httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")); got != httpMessage(wire.Binary, wire.Reply, "b", 1, "\x00") {
			t.Errorf("after them: %q", got)
		}
	})
}

func TestHTTPHeaders(t *testing.T) {
	a := newAuthority(t)
	inBubble(t, func(t *testing.T, n *network) {
		var got mux.Header
		var peer *mux.Peer
		srv := &server.Server{Handler: mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			got, peer = req.Header.Clone(), mux.PeerFrom(ctx)
			return mux.Reply{Type: wire.Reply, Body: req.Body, Header: mux.Header{
				{Key: "x-answer", Value: "1"}, {Key: "X-Answer", Value: "2"}, {Key: "content-length", Value: "7"}, {Key: "bad key", Value: "3"}, {Key: "x-split", Value: "a\r\nb: c"},
			}}, nil
		})}
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{a.issue("server")}}
		start(t, n, srv)
		c := browser(&network{dial: func() (net.Conn, error) {
			raw, err := n.dial()
			return tls.Client(raw, a.client(a.issue("me"))), err
		}})
		defer c.CloseIdleConnections()
		resp, body := post(t, c, xthrift, httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00"), "X-Trace", "abc")
		if got.Get("x-trace") != "abc" || peer.TLS == nil || peer.Dialect != "http" {
			t.Errorf("headers %v of peer %+v", got, peer)
		}
		if v := resp.Header.Values("X-Answer"); len(v) != 2 || v[0] != "1" || v[1] != "2" || len(body) != 14 || resp.Header.Get("b") != "" {
			t.Errorf("headers %v, body %q", resp.Header, body)
		}
	})
}

func TestHTTPBounds(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error { g.pass(); return nil })
		srv.MaxCalls = 1
		log := new(logbook)
		srv.ErrorLog = log.logger()
		start(t, n, srv)
		p := dial(t, n)
		p.send(frame(wire.Call, "A:b", 1, 0))
		g.await(1)
		c := browser(n)
		_, got := post(t, c, xthrift, httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00"))
		wantException(t, got, mux.Overloaded, "MaxCalls")
		log.want(t, "bound=MaxCalls")
		g.open()
		p.want(wire.Reply, 1)
		if _, got := post(t, c, xthrift, httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")); got != httpMessage(wire.Binary, wire.Reply, "b", 1, "\x00") {
			t.Errorf("after it: %q", got)
		}
		c.CloseIdleConnections()
	})
}

// A request that stops coming is given up, wherever it stops.
func TestHTTPTooSlow(t *testing.T) {
	request := httpRequest(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00"))
	for _, c := range []struct {
		name string
		sent int
		want string // the beginning of the answer
	}{
		{"in the header", 30, ""},
		{"in the body", len(request) - 3, "HTTP/1.1 408 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				srv := echoHTTP(t)
				srv.MessageTimeout = 5 * time.Second
				start(t, n, srv)
				began := time.Now()
				p := dial(t, n)
				p.send([]byte(request[:c.sent]))
				got, err := io.ReadAll(p)
				if d := time.Since(began); err != nil || !strings.HasPrefix(string(got), c.want) || d < 5*time.Second || d > 6*time.Second {
					t.Errorf("after %v: %q, %v", d, got, err)
				}
			})
		})
	}
}

func TestHTTPRequestCutAnywhereAndBytewise(t *testing.T) {
	request := httpRequest(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00"))
	inBubble(t, func(t *testing.T, n *network) {
		srv, peers, log := tellPeer()
		start(t, n, srv)
		for i := range len(request) {
			p := dial(t, n)
			p.send([]byte(request[:i]))
			closeWrite(t, p)
			io.Copy(io.Discard, p)
			p.Close()
		}
		if len(peers) > 0 {
			t.Error("a call was run")
		}
		p := dial(t, n)
		sendBytewise(p, []byte(request+request))
		for range 2 {
			resp, err := http.ReadResponse(p.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := io.ReadAll(resp.Body); string(got) != httpMessage(wire.Binary, wire.Reply, "b", 1, "\x00") {
				t.Errorf("got %q", got)
			}
		}
		p.Close()
		log.want(t)
	})
}

func TestHTTPContextEndsWithTheClient(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		started, ended := awaitEnd(t, n)
		ctx, cancel := context.WithCancel(t.Context())
		r, _ := http.NewRequestWithContext(ctx, "POST", "http://server/", strings.NewReader(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")))
		r.Header.Set("Content-Type", xthrift)
		failed := make(chan error, 1)
		go func() {
			_, err := browser(n).Do(r)
			failed <- err
		}()
		<-started
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Errorf("got %v", err)
		}
		if err := <-failed; err == nil {
			t.Error("there was a reply")
		}
	})
}

func TestHTTPDrains(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			if req.Method == "wait" {
				g.pass()
			}
			return ctx.Err()
		})
		opened := make(chan bool, 4)
		srv.Observer.Opened = func(*mux.Peer) { opened <- true }
		start(t, n, srv)
		call := httpMessage(wire.Binary, wire.Call, "A:wait", 1, "\x00")
		idle, busy, reading, beginning := browser(n), browser(n), dial(t, n), dial(t, n)
		if status := get(t, idle, "/readyz"); status != 200 {
			t.Errorf("ready: %d", status)
		}
		whole := httpRequest(call)
		reading.send([]byte(whole[:len(whole)-3]))
		beginning.send([]byte("POST / HTTP/1.1\r\nHo"))
		answered := make(chan string, 1)
		go func() {
			resp, body := post(t, busy, xthrift, call)
			answered <- resp.Status + body
		}()
		g.await(1)
		for range cap(opened) { // what the server has not read would be a reset
			<-opened
		}
		down := make(chan error, 1)
		go func() { down <- srv.Shutdown(t.Context()) }()
		for _, p := range []*peer{beginning, reading} {
			p.SetReadDeadline(time.Now().Add(10 * time.Second))
			if b, err := io.ReadAll(p); err != nil || len(b) > 0 && !bytes.HasPrefix(b, []byte("HTTP/1.1 503")) {
				t.Errorf("a request that was not there: %q, %v", b, err)
			}
			p.Close()
		}
		g.open()
		if got := <-answered; got != "200 OK"+httpMessage(wire.Binary, wire.Reply, "wait", 1, "\x00") {
			t.Errorf("the call that ran: %q", got)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
		idle.CloseIdleConnections()
		busy.CloseIdleConnections()
	})
}

func TestReadinessEndsBeforeTheDrain(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		srv := echoHTTP(t)
		srv.DrainDelay = 5 * time.Second
		start(t, n, srv)
		c := browser(n)
		want := func(healthy, ready int) {
			t.Helper()
			if h, r := get(t, c, "/healthz"), get(t, c, "/readyz"); h != healthy || r != ready {
				t.Errorf("healthy %d and ready %d, want %d and %d", h, r, healthy, ready)
			}
		}
		want(200, 200)
		began := time.Now()
		down := make(chan error, 1)
		go func() { down <- srv.Shutdown(t.Context()) }()
		synctest.Wait()
		want(200, 503)
		p := dial(t, n) // is served still
		p.send(frame(wire.Call, "A:b", 1, 0))
		p.want(wire.Reply, 1)
		if err := <-down; err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("it took %v", d)
		}
		p.wantEnd()
		c.CloseIdleConnections()
	})
}

func TestCloseCutsHTTP(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		ended := make(chan error, 1)
		started := make(chan struct{})
		srv := handle(func(ctx context.Context, req *mux.Request) error {
			close(started)
			select {
			case <-ctx.Done():
			case <-t.Context().Done():
			}
			ended <- ctx.Err()
			return nil
		})
		start(t, n, srv)
		p := dial(t, n)
		p.send([]byte(httpRequest(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00"))))
		<-started
		srv.Close()
		if err := <-ended; err == nil {
			t.Error("the call's context did not end")
		}
		if b, _ := io.ReadAll(p); len(b) > 0 {
			t.Errorf("got %q", b)
		}
	})
}

// A large message goes both ways, and memory for it is counted.
func TestHTTPLargeMessages(t *testing.T) {
	call := httpMessage(wire.Binary, wire.Call, "A:b", 1, string(body(5_000_000)))
	inBubble(t, func(t *testing.T, n *network) {
		srv := echoHTTP(t)
		start(t, n, srv)
		c := browser(n)
		if _, got := post(t, c, xthrift, call); len(got) != len(call)-2 {
			t.Errorf("got %d bytes, want %d", len(got), len(call)-2)
		}
		c.CloseIdleConnections()
	})
	inBubble(t, func(t *testing.T, n *network) {
		srv := echoHTTP(t)
		srv.MaxBytes = 1_000_000
		start(t, n, srv)
		c := browser(n)
		if resp, got := post(t, c, xthrift, call); resp.StatusCode != 503 {
			t.Errorf("%s: %q", resp.Status, got)
		}
		c.CloseIdleConnections()
	})
}

// TestAReplyThatCannotBeWritten: a connection whose client is gone in the middle of a
// reply counts what it holds until the request has ended.
func TestAReplyThatCannotBeWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, n *network) {
		big := body(8 << 20)
		srv := &server.Server{Handler: mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			return mux.Reply{Type: wire.Reply, Body: big}, nil
		})}
		start(t, n, srv) // looks at what is counted in the end
		p := dial(t, n)
		p.send([]byte(httpRequest(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00"))))
		if _, err := io.CopyN(io.Discard, p.r, 1000); err != nil {
			t.Fatal(err)
		}
		n.reset(p.Conn)
	})
}
