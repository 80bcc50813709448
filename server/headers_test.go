package server_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// A headerDialect calls BarApi:echo("k") with one header, and returns what the
// reply has of the header "was", in any spelling.
type headerDialect struct {
	name string
	call func(t *testing.T, n *network, key, value string) (was string)
}

// headerDialects are all dialects that have headers.
func headerDialects() []headerDialect {
	all := []headerDialect{
		{"http", func(t *testing.T, n *network, key, value string) string {
			c := browser(n)
			defer c.CloseIdleConnections()
			resp, _ := post(t, c, xthrift, httpMessage(wire.JSON, wire.Call, "BarApi:echo", 1, `{"1":{"str":"k"}}`), key, value)
			return resp.Header.Get("WAS")
		}},
		{"thriftmux, headers of the application", func(t *testing.T, n *network, key, value string) string {
			app := contexts(t, key, value)
			return muxEcho(t, n, contexts(t, thriftmux.RequestHeadersKey, string(app.Bytes())))
		}},
		{"thriftmux, contexts", func(t *testing.T, n *network, key, value string) string {
			return muxEcho(t, n, contexts(t, key, value))
		}},
	}
	for _, f := range headerForms {
		all = append(all, headerDialect{f.String(), func(t *testing.T, n *network, key, value string) string {
			s := speak(t, n, f)
			m := f.echoCall(t, "BarApi:echo", 1, "k")
			m.header = mux.Header{{Key: key, Value: value}}
			s.send(m)
			return s.recv().header.Get("WAS")
		}})
	}
	return all
}

func muxEcho(t *testing.T, n *network, c thriftmux.Pairs) (was string) {
	p := dialMux(t, n)
	call := append(wire.AppendHeader(nil, wire.Binary, wire.Call, "BarApi:echo", 2), "\x0b\x00\x01\x00\x00\x00\x01k\x00"...)
	p.send(tdispatch(2, call, c))
	r := p.response(2)
	value, _ := r.Contexts.Get(thriftmux.ResponseHeadersKey)
	headers, _ := thriftmux.ParseHeaders(value)
	for k, v := range headers.All {
		if strings.EqualFold(string(k), "was") {
			was = string(v)
		}
	}
	return was
}

// spellings asks for a header in every spelling, as filters and stubs do.
type spellings struct {
	bar.BarApi
	t *testing.T
}

var traceSpellings = []string{"x-trace-id", "X-Trace-Id", "X-TRACE-ID"}

func (s spellings) filter(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
		for _, key := range traceSpellings {
			if got := req.Header.Values(key); !slices.Equal(got, []string{"abc"}) {
				s.t.Errorf("a filter finds %q under %q", got, key)
			}
		}
		return next.ServeThrift(ctx, req)
	})
}

func (s spellings) Echo(ctx context.Context, _ string) (string, error) {
	for _, key := range traceSpellings {
		if got, ok := thrift.GetHeader(ctx, key); !ok || got != "abc" {
			s.t.Errorf("a stub finds %q, %v under %q", got, ok, key)
		}
	}
	if _, ok := thrift.GetHeader(ctx, "x-trace"); ok {
		s.t.Error("a stub finds a header that did not come")
	}
	listed := 0
	for _, key := range thrift.GetReadHeaderList(ctx) {
		if strings.EqualFold(key, "x-trace-id") {
			listed++
		}
	}
	if listed != 1 {
		s.t.Errorf("the list of headers is %q", thrift.GetReadHeaderList(ctx))
	}
	helper, _ := thrift.GetResponseHelper(ctx)
	helper.SetHeader("Was", "here")
	return "", nil
}

// TestAHeaderIsFoundOnEveryDialect: whatever the spelling in which a client sends
// a header, and that in which it is asked for, the answer is the same.
func TestAHeaderIsFoundOnEveryDialect(t *testing.T) {
	for _, d := range headerDialects() {
		t.Run(d.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, n *network) {
				s := spellings{t: t}
				m := mux.New()
				m.Register("BarApi", bar.NewBarApiProcessor(s))
				start(t, n, &server.Server{Handler: m, Filters: []mux.Filter{s.filter}})
				for _, key := range traceSpellings {
					if was := d.call(t, n, key, "abc"); was != "here" {
						t.Errorf("sent as %q: the reply's header is %q", key, was)
					}
				}
			})
		})
	}
}

// TestHTTPHeadersAreLowerCased, as HTTP/2 and gRPC have them, and the host that
// net/http keeps apart is among them.
func TestHTTPHeadersAreLowerCased(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		got := make(chan mux.Header, 1)
		start(t, n, handle(func(_ context.Context, req *mux.Request) error {
			got <- req.Header.Clone()
			return nil
		}))
		c := browser(n)
		defer c.CloseIdleConnections()
		post(t, c, xthrift, httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00"), "X-TRACE-Id", "abc")
		h := <-got
		for key, value := range map[string]string{"x-trace-id": "abc", "content-type": xthrift, "host": "server"} {
			if !slices.Contains(h, mux.Field{Key: key, Value: value}) {
				t.Errorf("%q: %q is not in %q", key, value, h)
			}
		}
	})
}
