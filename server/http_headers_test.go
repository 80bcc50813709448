package server_test

import (
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// TestHTTPHeadersOfAStub has a stub read and set headers by the runtime's means.
func TestHTTPHeadersOfAStub(t *testing.T) {
	n := onLoopback(t)
	m := mux.New()
	m.Register("BarApi", bar.NewBarApiProcessor(headerService{}))
	start(t, n, &server.Server{Handler: m})
	call := httpMessage(wire.JSON, wire.Call, "BarApi:echo", 1, `{"1":{"str":"X-Key"}}`)
	c := browser(n)
	defer c.CloseIdleConnections()
	for _, v := range []string{"v1", "", "v2"} {
		headers := []string{"X-Key", v}
		if v == "" {
			headers = nil
		}
		resp, body := post(t, c, "application/x-thrift", call, headers...)
		want := v
		if v == "" {
			want = "none"
		}
		if body != httpMessage(wire.JSON, wire.Reply, "echo", 1, `{"0":{"str":"`+want+`"}}`) || resp.Header.Get("was") != v {
			t.Errorf("%q: body %s, headers %v", v, body, resp.Header)
		}
	}
}
