package otelfilter_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oneport-thrift/oneport/filter/otelfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// TestNamesAndTextsOfBytes has every text of a span that strangers can choose: one that
// is not UTF-8 would lose the batch that the span is sent in.
func TestNamesAndTextsOfBytes(t *testing.T) {
	peer := &mux.Peer{Addr: &net.UnixAddr{Name: "/tmp/\xff"}, Local: &net.UnixAddr{Name: "/run/\xff"}}
	for _, failure := range []error{nil, fmt.Errorf("downstream: %w", errors.New("\xff"+strings.Repeat("x", 10_000)))} {
		var r recorder
		m := mux.New()
		m.Handle("Raw\xff", answers(mux.Reply{Type: wire.Reply}, failure))
		client := answers(mux.Reply{Type: wire.Reply}, failure)
		for _, h := range []mux.Handler{otelfilter.Server(r.options())(m), otelfilter.Client(r.options())(client)} {
			for _, service := range []string{"Raw\xff", "S\xff", strings.Repeat("S\xff", 1000)} {
				h.ServeThrift(t.Context(), &mux.Request{Service: service, Method: "get\xff", Type: wire.Call, Peer: peer})
			}
		}
		for _, s := range r.spans {
			texts := []string{s.name, s.began, s.text}
			for _, v := range s.attrs {
				texts = append(texts, v)
			}
			for _, text := range texts {
				if !utf8.ValidString(text) || len(text) > 4<<10 {
					t.Errorf("span %q has a text of %d bytes, valid %v: %.100q", s.name, len(text), utf8.ValidString(text), text)
				}
			}
		}
		for _, line := range r.metrics.lines {
			if !utf8.ValidString(line) {
				t.Errorf("metric %q", line)
			}
		}
		if failure == nil {
			if got := r.spans[0].attrs["rpc.method"]; got != "Raw\uFFFD/get\uFFFD" {
				t.Errorf("a method of bytes is %q", got)
			}
		}
	}
}

// TestNamesThatAreRefusedAreNoMethods calls by made-up names, with a client that passes
// calls on and with a server, and then by one that is answered.
func TestNamesThatAreRefusedAreNoMethods(t *testing.T) {
	var r recorder
	h := mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		if req.Method != "get" {
			return mux.Reply{}, mux.Errorf(mux.UnknownMethod, "what?")
		}
		return mux.Reply{Type: wire.Reply}, nil
	})
	m := mux.New()
	m.Handle("S", h)
	for name, filtered := range map[string]mux.Handler{"server": otelfilter.Server(r.options())(m), "client": otelfilter.Client(r.options())(h)} {
		for i := range 2000 {
			method := fmt.Sprint("m", i)
			if i == 1999 {
				method = "get"
			}
			filtered.ServeThrift(t.Context(), &mux.Request{Service: "S", Method: method, Type: wire.Call, Peer: new(mux.Peer)})
			want := "_OTHER"
			if method == "get" {
				want = "S/get"
			}
			if got := r.spans[len(r.spans)-1].attrs["rpc.method"]; got != want {
				t.Fatalf("%s: %s is the method %q, want %q", name, method, got, want)
			}
			r.spans = r.spans[:0]
		}
	}
}
