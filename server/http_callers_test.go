package server_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// ask makes a request with headers, and with the host if there is one among them.
func ask(t *testing.T, c *http.Client, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://server"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	return do(t, c, r)
}

// wantHeaders checks headers of an answer, given as keys and values in turn; ""
// means that there is none.
func wantHeaders(t *testing.T, name string, h http.Header, want ...string) {
	t.Helper()
	for i := 0; i < len(want); i += 2 {
		if got := strings.Join(h.Values(want[i]), ", "); got != want[i+1] {
			t.Errorf("%s: %s is %q, want %q", name, want[i], got, want[i+1])
		}
	}
}

const (
	allowOrigin   = "Access-Control-Allow-Origin"
	exposeHeaders = "Access-Control-Expose-Headers"
)

func TestOrigins(t *testing.T) {
	const app, other = "https://app.example", "https://other.example"
	call := httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")
	listed, all := []string{app, "http://localhost:3000"}, []string{"*"}
	for _, tt := range []struct {
		name    string
		origins []string
		method  string
		body    string
		headers []string
		status  int
		want    []string
	}{
		{"a call of a listed origin", listed, "POST", call, []string{"Content-Type", xthrift, "Origin", app, "Sec-Fetch-Site", "cross-site"}, 200,
			[]string{allowOrigin, app, "Vary", "Origin", exposeHeaders, "Took, X-Answer", "Access-Control-Allow-Credentials", ""}},
		{"of another listed origin, in an old browser", listed, "POST", call, []string{"Content-Type", xthrift, "Origin", "http://localhost:3000"}, 200,
			[]string{allowOrigin, "http://localhost:3000"}},
		{"of no browser", listed, "POST", call, []string{"Content-Type", xthrift}, 200,
			[]string{allowOrigin, "", "Vary", "Origin", exposeHeaders, ""}},
		{"of the same origin", listed, "POST", call, []string{"Content-Type", xthrift, "Origin", "http://server", "Sec-Fetch-Site", "same-origin"}, 200,
			[]string{allowOrigin, ""}},
		{"of an origin that is not listed", listed, "POST", call, []string{"Content-Type", xthrift, "Origin", other, "Sec-Fetch-Site", "cross-site"}, 403,
			[]string{allowOrigin, ""}},
		{"of an origin that begins like one", listed, "POST", call, []string{"Content-Type", xthrift, "Origin", app + ".evil.example"}, 403, nil},
		{"of a listed host by another scheme", listed, "POST", call, []string{"Content-Type", xthrift, "Origin", "http://app.example"}, 403, nil},
		{"of a sandboxed page", listed, "POST", call, []string{"Content-Type", xthrift, "Origin", "null", "Sec-Fetch-Site", "cross-site"}, 403, nil},
		{"a refusal that a listed origin may read", listed, "POST", "a=b", []string{"Content-Type", "text/plain", "Origin", app}, 415,
			[]string{allowOrigin, app}},
		{"any origin", all, "POST", call, []string{"Content-Type", xthrift, "Origin", other, "Sec-Fetch-Site", "cross-site"}, 200,
			[]string{allowOrigin, "*", "Vary", "", exposeHeaders, "Took, X-Answer"}},
		{"any origin, a sandboxed page", all, "POST", call, []string{"Content-Type", xthrift, "Origin", "null"}, 200, []string{allowOrigin, "*"}},
		{"preflight of a listed origin", listed, "OPTIONS", "", []string{"Origin", app, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "content-type,x-trace-id"}, 204,
			[]string{allowOrigin, app, "Access-Control-Allow-Methods", "POST", "Access-Control-Allow-Headers", "content-type, x-trace-id",
				"Access-Control-Max-Age", "7200", "Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
				"Access-Control-Allow-Credentials", ""}},
		{"preflight of any origin", all, "OPTIONS", "", []string{"Origin", other, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "content-type"}, 204, []string{allowOrigin, "*", "Access-Control-Allow-Headers", "content-type"}},
		{"preflight that asks for no headers", listed, "OPTIONS", "", []string{"Origin", app, "Access-Control-Request-Method", "POST"}, 204,
			[]string{"Access-Control-Allow-Headers", ""}},
		{"preflight that asks for what is no header", listed, "OPTIONS", "", []string{"Origin", app, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "a, b c"}, 204, []string{"Access-Control-Allow-Headers", ""}},
		{"preflight with a long list", listed, "OPTIONS", "", []string{"Origin", app, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", strings.Repeat("a,", 4096)}, 204, []string{"Access-Control-Allow-Headers", ""}},
		{"preflight of an origin that is not listed", listed, "OPTIONS", "", []string{"Origin", other, "Access-Control-Request-Method", "POST"}, 403,
			[]string{allowOrigin, "", "Access-Control-Allow-Methods", ""}},
		{"OPTIONS that is no preflight", listed, "OPTIONS", "", nil, 405, []string{"Allow", "POST"}},
		{"preflight where no origin is listed", nil, "OPTIONS", "", []string{"Origin", app, "Access-Control-Request-Method", "POST"}, 405,
			[]string{allowOrigin, ""}},
		{"a call where no origin is listed", nil, "POST", call, []string{"Content-Type", xthrift, "Origin", app}, 403, []string{allowOrigin, ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				ran := false
				log := new(logbook)
				start(t, n, &server.Server{Origins: tt.origins, ErrorLog: log.logger(), Handler: mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
					ran = true
					return mux.Reply{Type: wire.Reply, Body: req.Body, Header: mux.Header{
						{Key: "x-answer", Value: "1"}, {Key: "took", Value: "2"}, {Key: "X-Answer", Value: "3"}, {Key: "no name", Value: "4"},
						{Key: "access-control-allow-origin", Value: "https://evil.example"}, {Key: "Access-Control-Allow-Credentials", Value: "true"},
					}}, nil
				})})
				c := browser(n)
				defer c.CloseIdleConnections()
				resp, body := ask(t, c, tt.method, "/", tt.body, tt.headers...)
				if resp.StatusCode != tt.status || ran != (tt.status == 200) {
					t.Errorf("%s: %q, want %d; the call ran: %v", resp.Status, body, tt.status, ran)
				}
				wantHeaders(t, tt.name, resp.Header, tt.want...)
				if tt.status == 403 {
					log.want(t, "bound=Origins")
				} else {
					log.want(t)
				}
			})
		})
	}
}

func TestHosts(t *testing.T) {
	call := httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")
	hosts := []string{"Api.Example", "other.example:9090", "[::1]", "10.0.0.1"}
	for _, tt := range []struct {
		method, path, host string
		status             int
	}{
		{"POST", "/", "api.example", 200},
		{"POST", "/", "API.example:1234", 200},
		{"POST", "/", "other.example:9090", 200},
		{"POST", "/", "other.example", 421},
		{"POST", "/", "other.example:9091", 421},
		{"POST", "/", "[::1]:9090", 200},
		{"POST", "/", "[0:0::1]", 200},
		{"POST", "/", "10.0.0.1:80", 200},
		{"POST", "/", "10.0.0.2", 421},
		{"POST", "/", "evil.example", 421},
		{"POST", "/", "api.example.evil.example", 421},
		{"POST", "/", "evil.example:api.example", 421},
		{"OPTIONS", "/", "evil.example", 421},
		{"GET", "/", "evil.example", 421},
		{"GET", "/healthz", "10.9.9.9:9090", 200},
		{"GET", "/readyz", "10.9.9.9:9090", 200},
	} {
		t.Run(tt.method+tt.path+" "+tt.host, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				log := new(logbook)
				var seen mux.Header
				srv := handle(func(_ context.Context, req *mux.Request) error {
					seen = req.Header.Clone()
					return nil
				})
				srv.Hosts, srv.ErrorLog = hosts, log.logger()
				start(t, n, srv)
				p := dial(t, n)
				req := tt.method + " " + tt.path + " HTTP/1.1\r\nHost: " + tt.host + "\r\nContent-Type: " + xthrift
				if tt.method == "POST" {
					// A page's own script cannot set Origin, which here is its host's.
					req += "\r\nOrigin: http://" + tt.host + "\r\nContent-Length: " + strconv.Itoa(len(call)) + "\r\n\r\n" + call
				} else {
					req += "\r\n\r\n"
				}
				p.send([]byte(req))
				resp, err := http.ReadResponse(p.r, nil)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != tt.status {
					t.Errorf("%s, want %d", resp.Status, tt.status)
				}
				if tt.method == "POST" && tt.status == 200 && seen.Get("host") != tt.host {
					t.Errorf("the host in the headers is %q", seen.Get("host"))
				}
				if tt.status == 421 {
					log.want(t, "bound=Hosts")
				}
			})
		})
	}
}

// TestHTTPFieldsAreCheckedAtStart: an entry that can match nothing is an error that
// names it.
func TestHTTPFieldsAreCheckedAtStart(t *testing.T) {
	for _, entry := range []string{
		"app.example", "https://app.example/", "https://app.example/path", "https://app.example?q", "https://app.example#f",
		"https://user@app.example", "HTTPS://app.example", "https://App.example", "https://*.app.example", "https://app.example:443",
		"http://app.example:80", "https://app.example:", "https://app.example:0", "https://app.example:99999", "https://app.example:080",
		"https://", "://app.example", "null", "", " https://app.example", "https://bücher.example", "https://app.example, https://b.example",
	} {
		wantServeError(t, &server.Server{Origins: []string{"https://fine.example", entry}}, "Origins", strconv.Quote(entry))
	}
	wantServeError(t, &server.Server{Origins: []string{"*", "https://fine.example"}}, "Origins", `"https://fine.example"`)
	for _, entry := range []string{
		"", "https://api.example", "api.example/", "*.example", "api.example:", "api.example:0", "api.example:99999", "api.example:http", "a b", "*", "bücher.example", "[::1", "[api.example]",
	} {
		wantServeError(t, &server.Server{Hosts: []string{"fine.example", entry}}, "Hosts", strconv.Quote(entry))
	}
	for _, srv := range []*server.Server{
		{Origins: []string{"https://app.example", "http://localhost:3000", "http://[::1]:8080", "chrome-extension://abcdefgh"}},
		{Origins: []string{"*"}},
		{Hosts: []string{"API.example", "api.example:9090", "::1", "[::1]:9090", "127.0.0.1:1", "localhost"}},
	} {
		srv.Close()
		if err := srv.Serve(closedListener{}); err != server.ErrServerClosed {
			t.Errorf("%q %q: %v", srv.Origins, srv.Hosts, err)
		}
	}
}

// closedListener accepts nothing.
type closedListener struct{ net.Listener }

func (closedListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (closedListener) Close() error              { return nil }

// wantServeError checks that a server does not serve, and says why with texts.
func wantServeError(t *testing.T, srv *server.Server, texts ...string) {
	t.Helper()
	err := srv.Serve(closedListener{})
	if err == nil || slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(err.Error(), s) }) {
		t.Errorf("Serve: %v, want an error with %q", err, texts)
	}
}
