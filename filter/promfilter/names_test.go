package promfilter_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/oneport-thrift/oneport/filter/promfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// scrape returns what Prometheus gets, which must be without an error.
func scrape(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	if err := reg.Register(c); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	if w.Code != 200 || !utf8.ValidString(text) {
		t.Fatalf("status %d:\n%s", w.Code, text)
	}
	return text
}

// TestNamesOfBytes calls by names that are not UTF-8, of which some read the same once
// they are mended, on every way to a label.
func TestNamesOfBytes(t *testing.T) {
	ok := answers(mux.Reply{Type: wire.Reply}, nil)
	for name, opts := range map[string]promfilter.Options{"server": {}, "client": {Client: true}} {
		stats := promfilter.New(opts)
		m := mux.New()
		m.Handle("Raw\xff", ok)
		m.Handle("Listed", lister{answers(mux.Reply{Type: wire.Reply}, nil)})
		h := mux.Chain(m, stats.Filter)
		if opts.Client {
			h = stats.Filter(ok)
		}
		long := strings.Repeat("x", 1000)
		for range 3 {
			for _, method := range []string{"get", "get\xff", "get\xfe", "get\uFFFD", "\x00", long + "1", long + "2"} {
				for _, service := range []string{"Raw\xff", "Listed", "S\xfd"} {
					for _, peer := range []*mux.Peer{nil, {Dialect: "framed\xff"}} {
						h.ServeThrift(t.Context(), &mux.Request{Service: service, Method: method, Type: wire.Call, Peer: peer})
					}
				}
			}
		}
		stats.Observer().Opened(&mux.Peer{Dialect: "framed\xff"})
		stats.Observer().Refused(nil, mux.Refusal{Bound: "\xff"})
		text := scrape(t, stats)
		if want := `thrift_method="get` + "\uFFFD" + `",thrift_service="Raw` + "\uFFFD" + `",thrift_type="call"} 18` + "\n"; !strings.Contains(text, want) {
			t.Errorf("%s: no series %s in\n%s", name, want, text)
		}
	}
}

// TestNamesThatReadOther counts calls by names that are those of all the rest.
func TestNamesThatReadOther(t *testing.T) {
	for name, opts := range map[string]promfilter.Options{"server": {}, "client": {Client: true}} {
		stats := promfilter.New(opts)
		m := mux.New()
		m.Handle("other", answers(mux.Reply{Type: wire.Reply}, nil))
		h := mux.Chain(m, stats.Filter)
		if opts.Client {
			h = stats.Filter(answers(mux.Reply{Type: wire.Reply}, nil))
		}
		h.ServeThrift(t.Context(), &mux.Request{Service: "other", Method: "other", Type: wire.Call})
		for i := range 5000 {
			h.ServeThrift(t.Context(), &mux.Request{Service: "other", Method: fmt.Sprint("m", i), Type: wire.Call})
		}
		if text := scrape(t, stats); !strings.Contains(text, `{thrift_code="ok",thrift_method="other",thrift_service="other",thrift_type="call"}`) {
			t.Errorf("%s: no series of the rest in\n%.500s", name, text)
		}
	}
}

// TestMadeUpNamesOfAForwarder passes names that strangers made up on with a client,
// whose program calls methods of its own, and whose upstream refuses what it does not
// know.
func TestMadeUpNamesOfAForwarder(t *testing.T) {
	stats := promfilter.New(promfilter.Options{Client: true})
	upstream := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
		switch {
		case strings.HasPrefix(req.Method, "m"):
			return mux.Reply{Type: wire.Exception, Body: wire.AppendExceptionBody(nil, wire.Binary, int32(mux.UnknownMethod), "what?")}, nil
		case req.Type == wire.Oneway:
			return mux.Reply{}, nil
		}
		return mux.Reply{Type: wire.Reply}, nil
	})
	h := stats.Filter(upstream)
	stranger := new(mux.Peer)
	call := func(peer *mux.Peer, typ wire.Type, method string) {
		h.ServeThrift(t.Context(), &mux.Request{Service: "S", Method: method, Type: typ, Peer: peer, Protocol: wire.Binary})
	}
	for i := range 10_000 {
		call(stranger, wire.Call, fmt.Sprint("m", i))
		call(stranger, wire.Oneway, fmt.Sprint("o", i))
	}
	for range 2 {
		call(stranger, wire.Call, "get") // is answered
	}
	for i := range 500 {
		call(nil, wire.Call, fmt.Sprint("m own ", i)) // fails, but is the program's
	}
	got := gathered(t, stats)
	for key, want := range map[string]string{
		"thrift_client_handled_total{unknown method,other,other,call}": "10000",
		"thrift_client_handled_total{ok,get,S,call}":                   "1",
		"thrift_client_handled_total{unknown method,m own 499,S,call}": "1",
		"thrift_client_handled_total{ok,other,other,oneway}":           "9984",
	} {
		if got[key] != want {
			t.Errorf("%s is %s, want %s", key, got[key], want)
		}
	}
}

// TestAListOfMethodsMakesLabelsExact has a service that answers every name.
func TestAListOfMethodsMakesLabelsExact(t *testing.T) {
	stats := promfilter.New(promfilter.Options{})
	m := mux.New()
	m.Handle("Raw", mux.Methods(answers(mux.Reply{Type: wire.Reply}, nil), "get", "put"))
	h := mux.Chain(m, stats.Filter)
	for i := range 1000 {
		h.ServeThrift(t.Context(), &mux.Request{Service: "Raw", Method: fmt.Sprint("m", i), Type: wire.Call})
	}
	h.ServeThrift(t.Context(), &mux.Request{Service: "Raw", Method: "get", Type: wire.Call})
	got := gathered(t, stats)
	if got["thrift_server_handled_total{ok,get,Raw,call}"] != "1" || got["thrift_server_handled_total{ok,other,Raw,call}"] != "1000" {
		t.Errorf("gathered %v", got)
	}
}
