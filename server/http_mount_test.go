package server_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// A mount is a server of the user's own, with the handler at /thrift.
type mount struct {
	n      *network
	srv    *server.Server
	web    *http.Server
	client *http.Client
}

// onMounts runs a test over HTTP/1.1 and HTTP/2, in memory and over loopback.
func onMounts(t *testing.T, make func(t *testing.T) *server.Server, f func(t *testing.T, m *mount)) {
	for _, version := range []string{"1", "2"} {
		t.Run("HTTP "+version, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *network) { f(t, mountOn(t, n, make(t), version == "2")) })
		})
	}
}

func mountOn(t *testing.T, n *network, srv *server.Server, http2 bool, configure ...func(*http.Server)) *mount {
	if srv.ErrorLog == nil {
		srv.ErrorLog = slog.New(slog.DiscardHandler)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	routes := http.NewServeMux()
	thrift := srv.HTTPHandler()
	routes.HandleFunc("/thrift", func(w http.ResponseWriter, r *http.Request) {
		thrift.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), mountKey{}, "of the request")))
	})
	routes.HandleFunc("/other", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "other") })
	m := &mount{n: n, srv: srv, web: &http.Server{Handler: routes, Protocols: protocols, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}}
	for _, f := range configure {
		f(m.web)
	}
	m.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		Protocols:   protocols,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return n.dial() },
	}}
	served := make(chan error, 1)
	go func() { served <- m.web.Serve(n) }()
	t.Cleanup(func() {
		m.client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		m.web.Close()
		<-served
		wantNothingHeld(t, srv)
	})
	return m
}

type mountKey struct{}

func (m *mount) call(t *testing.T, name string, typ wire.Type, headers ...string) (*http.Response, string) {
	t.Helper()
	return m.post(t, httpMessage(wire.Binary, typ, name, 1, "\x00"), headers...)
}

func (m *mount) post(t *testing.T, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	return ask(t, m.client, "POST", "/thrift", body, append(headers, "Content-Type", xthrift)...)
}

// mountedCall is the answer to a call that was made meanwhile.
type mountedCall struct {
	status int
	body   string
	err    error
}

// goPost posts body as it comes.
func (m *mount) goPost(ctx context.Context, body io.Reader) <-chan mountedCall {
	answer := make(chan mountedCall, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, "POST", "http://server/thrift", body)
		if err != nil {
			answer <- mountedCall{err: err}
			return
		}
		r.Header.Set("Content-Type", xthrift)
		resp, err := m.client.Do(r)
		if err != nil {
			answer <- mountedCall{err: err}
			return
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		answer <- mountedCall{resp.StatusCode, string(b), err}
	}()
	return answer
}

var mountReply = httpMessage(wire.Binary, wire.Reply, "b", 1, "\x00")

func TestMountedCalls(t *testing.T) {
	type seen struct {
		peer   *mux.Peer
		header mux.Header
		value  any
		typ    wire.Type
	}
	got := make(chan seen, 1)
	onMounts(t, func(t *testing.T) *server.Server {
		return handle(func(ctx context.Context, req *mux.Request) error {
			got <- seen{mux.PeerFrom(ctx), req.Header.Clone(), ctx.Value(mountKey{}), req.Type}
			return nil
		})
	}, func(t *testing.T, m *mount) {
		for _, typ := range []wire.Type{wire.Call, wire.Oneway} {
			want := mountReply
			if typ == wire.Oneway {
				want = ""
			}
			resp, body := m.call(t, "A:b", typ, "X-Trace-Id", "abc", "Host", "api.example")
			if resp.StatusCode != 200 || body != want {
				t.Errorf("%v: %s %q, want %q", typ, resp.Status, body, want)
			}
			s := <-got
			if s.typ != typ || s.value != "of the request" || s.header.Get("x-trace-id") != "abc" || s.header.Get("host") != "api.example" {
				t.Errorf("%v: the handler sees %+v", typ, s)
			}
			if s.peer == nil || s.peer.Addr == nil || s.peer.Local == nil || s.peer.Dialect != "http" || s.peer.TLS != nil {
				t.Errorf("%v: the peer is %+v", typ, s.peer)
			}
		}
		if calls, bytes := server.Held(m.srv); calls != 0 || bytes != 0 {
			t.Errorf("%d calls and %d bytes are counted", calls, bytes)
		}
	})
}

// TestMountedPeer: the peer is made from what the other server says of the request.
func TestMountedPeer(t *testing.T) {
	var peer mux.Peer
	srv := handle(func(ctx context.Context, req *mux.Request) error {
		peer = *req.Peer
		return nil
	})
	h := srv.HTTPHandler()
	for _, tt := range []struct{ remote, want string }{
		{"192.0.2.1:1234", "192.0.2.1:1234"},
		{"[2001:db8::1]:1234", "[2001:db8::1]:1234"},
		{"192.0.2.1", "192.0.2.1:0"}, // as some middleware sets it
		{"@", "unix"},
		{"", "unix"},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")))
		r.Header.Set("Content-Type", xthrift)
		r.RemoteAddr = tt.remote
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 || w.Body.String() != mountReply || peer.String() != tt.want {
			t.Errorf("%q: %d %q, the peer is %v, want %s", tt.remote, w.Code, w.Body, &peer, tt.want)
		}
	}
}

// TestMountedBehindTLS: HTTP/2 as browsers speak it, with a client certificate.
func TestMountedBehindTLS(t *testing.T) {
	a := newAuthority(t)
	var identity string
	var version int
	srv := handle(func(ctx context.Context, req *mux.Request) error {
		identity = mux.PeerFrom(ctx).Identity()
		return nil
	})
	h := srv.HTTPHandler()
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version = r.ProtoMajor
		h.ServeHTTP(w, r)
	}))
	web.EnableHTTP2 = true
	web.TLS = a.client()
	web.TLS.ClientAuth, web.TLS.ClientCAs = tls.RequireAndVerifyClientCert, a.pool
	web.StartTLS()
	defer web.Close()
	c := web.Client()
	transport := c.Transport.(*http.Transport)
	transport.TLSClientConfig.Certificates = append(transport.TLSClientConfig.Certificates, a.issue("worker-7"))
	r, _ := http.NewRequest("POST", web.URL, strings.NewReader(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")))
	r.Header.Set("Content-Type", xthrift)
	if _, body := do(t, c, r); body != mountReply || identity != "worker-7" || version != 2 {
		t.Errorf("HTTP/%d, the peer is %q: %q", version, identity, body)
	}
}

func TestMountedOutcomes(t *testing.T) {
	onMounts(t, func(t *testing.T) *server.Server {
		m := mux.New()
		m.Handle("A", mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			switch req.Method {
			case "panic":
				panic("oh")
			case "abort":
				panic(http.ErrAbortHandler)
			case "goexit":
				runtime.Goexit()
			case "nothing":
				return mux.Reply{}, nil
			}
			return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
		}))
		return &server.Server{Handler: m}
	}, func(t *testing.T, m *mount) {
		for _, call := range []struct {
			name string
			code mux.Code
		}{
			{"A:panic", mux.InternalError}, {"A:abort", mux.InternalError}, {"A:goexit", mux.InternalError},
			{"A:nothing", mux.MissingResult}, {"B:b", mux.UnknownMethod},
		} {
			resp, got := m.call(t, call.name, wire.Call)
			if resp.StatusCode != 200 || resp.Close {
				t.Errorf("%s: %s, closed: %v", call.name, resp.Status, resp.Close)
			}
			wantException(t, got, call.code, "")
		}
		if _, got := m.call(t, "A:goexit", wire.Oneway); got != "" {
			t.Errorf("a oneway: %q", got)
		}
		if _, got := m.call(t, "A:b", wire.Call); got != mountReply {
			t.Errorf("after them: %q", got)
		}
	})
}

// TestMountedRefusals: the rules of the server's own connections hold, and nothing
// but calls is answered.
func TestMountedRefusals(t *testing.T) {
	call := httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")
	onMounts(t, func(t *testing.T) *server.Server {
		srv := echoHTTP(t)
		srv.MaxMessageSize, srv.MaxHeaderBytes = 1000, 4000
		srv.Origins, srv.Hosts = []string{"https://app.example"}, []string{"server"}
		return srv
	}, func(t *testing.T, m *mount) {
		for _, tt := range []struct {
			name, method, body string
			headers            []string
			status             int
		}{
			{"a call", "POST", call, []string{"Content-Type", xthrift}, 200},
			{"gzip", "POST", zipped(call), []string{"Content-Type", xthrift, "Content-Encoding", "gzip"}, 200},
			{"brotli", "POST", call, []string{"Content-Type", xthrift, "Content-Encoding", "br"}, 415},
			{"a form", "POST", "a=b", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
			{"too large", "POST", strings.Repeat("a", 1001), []string{"Content-Type", xthrift}, 413},
			{"large headers", "POST", call, []string{"Content-Type", xthrift, "X-Large", strings.Repeat("a", 4001)}, 431},
			{"two calls", "POST", call + call, []string{"Content-Type", xthrift}, 200},
			{"a listed origin", "POST", call, []string{"Content-Type", xthrift, "Origin", "https://app.example"}, 200},
			{"another origin", "POST", call, []string{"Content-Type", xthrift, "Origin", "https://other.example"}, 403},
			{"a preflight", "OPTIONS", "", []string{"Origin", "https://app.example", "Access-Control-Request-Method", "POST"}, 204},
			{"another host", "POST", call, []string{"Content-Type", xthrift, "Host", "evil.example"}, 421},
			{"a question", "GET", "", nil, 405},
		} {
			resp, got := ask(t, m.client, tt.method, "/thrift", tt.body, tt.headers...)
			if resp.StatusCode != tt.status {
				t.Errorf("%s: %s %q, want %d", tt.name, resp.Status, got, tt.status)
			}
		}
		h := m.srv.HTTPHandler()
		for _, path := range []string{"/healthz", "/readyz"} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("GET", path, nil)
			r.Host = "server"
			h.ServeHTTP(w, r)
			if w.Code != 405 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
}

func TestMountedBounds(t *testing.T) {
	var g *gate
	onMounts(t, func(t *testing.T) *server.Server {
		g = newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error { g.pass(); return nil })
		srv.MaxCalls, srv.MaxBytes = 1, 100_000
		return srv
	}, func(t *testing.T, m *mount) {
		waits := m.goPost(t.Context(), strings.NewReader(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")))
		g.await(1)
		if calls, bytes := server.Held(m.srv); calls != 1 || bytes == 0 {
			t.Errorf("%d calls and %d bytes are counted", calls, bytes)
		}
		_, got := m.call(t, "A:b", wire.Call)
		wantException(t, got, mux.Overloaded, "MaxCalls")
		if resp, got := m.post(t, httpMessage(wire.Binary, wire.Call, "A:b", 1, string(body(200_000)))); resp.StatusCode != 503 || !strings.Contains(got, "MaxBytes") {
			t.Errorf("over MaxBytes: %s %q", resp.Status, got)
		}
		g.open()
		if a := <-waits; a.body != mountReply {
			t.Errorf("the call that ran: %+v", a)
		}
		if _, got := m.call(t, "A:b", wire.Call); got != mountReply {
			t.Errorf("after it: %q", got)
		}
	})
}

// TestMountedTooSlow: a body must come within MessageTimeout, or within the other
// server's ReadTimeout if that is shorter.
func TestMountedTooSlow(t *testing.T) {
	for _, version := range []string{"1", "2"} {
		for name, other := range map[string]time.Duration{"MessageTimeout": 0, "ReadTimeout": 2 * time.Second} {
			t.Run("HTTP "+version+" "+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, n *network) {
					srv := echoHTTP(t)
					srv.MessageTimeout = 5 * time.Second
					m := mountOn(t, n, srv, version == "2", func(web *http.Server) { web.ReadTimeout = other })
					limit := 5 * time.Second
					if other > 0 {
						limit = other
					}
					began := time.Now()
					r, w := io.Pipe()
					defer w.Close()
					answer := m.goPost(t.Context(), r)
					io.WriteString(w, "\x80\x01")
					if a := <-answer; a.status != 408 && a.err == nil || time.Since(began) > limit+time.Second {
						t.Errorf("after %v: %+v", time.Since(began), a)
					}
				})
			})
		}
	}
}

// TestHTTPHandlerPanicsOnAWrongField, where Serve has an error.
func TestHTTPHandlerPanicsOnAWrongField(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), `"app.example"`) {
			t.Errorf("it panics with %v", err)
		}
	}()
	(&server.Server{Origins: []string{"app.example"}}).HTTPHandler()
}

// TestMountedAndListening: one server does both, and Shutdown waits for both.
func TestMountedAndListening(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		g := newGate(t)
		srv := handle(func(ctx context.Context, req *mux.Request) error { g.pass(); return nil })
		own := inMemory()
		start(t, own, srv)
		m := mountOn(t, n, srv, true)
		p := dial(t, own)
		p.send(frame(wire.Call, "A:b", 1, 0))
		answer := m.goPost(t.Context(), strings.NewReader(httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")))
		g.await(2)
		down := make(chan error, 1)
		go func() { down <- srv.Shutdown(t.Context()) }()
		synctest.Wait()
		g.open()
		p.want(wire.Reply, 1)
		if a := <-answer; a.body != mountReply {
			t.Errorf("%+v", a)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
	})
}
