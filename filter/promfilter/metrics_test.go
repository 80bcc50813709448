package promfilter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oneport-thrift/oneport/filter/promfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// answers returns a handler that always returns the same.
func answers(rep mux.Reply, err error) mux.HandlerFunc {
	return func(context.Context, *mux.Request) (mux.Reply, error) { return rep, err }
}

// lister is a handler that lists its methods, as stubs do.
type lister struct{ mux.HandlerFunc }

func (lister) Methods() []string { return []string{"get", "put"} }

// gathered returns the value of each series, of a histogram its count and sum.
func gathered(t *testing.T, c prometheus.Collector) map[string]string {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	if err := reg.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, f := range families {
		for _, m := range f.Metric {
			var values []string
			for _, l := range m.Label {
				values = append(values, l.GetValue())
			}
			key := f.GetName() + "{" + strings.Join(values, ",") + "}"
			switch {
			case m.Counter != nil:
				all[key] = fmt.Sprint(m.Counter.GetValue())
			case m.Gauge != nil:
				all[key] = fmt.Sprint(m.Gauge.GetValue())
			case m.Histogram != nil:
				all[key] = fmt.Sprint(m.Histogram.GetSampleCount(), " of ", m.Histogram.GetSampleSum())
			}
		}
	}
	return all
}

// want fails unless got is want, in which zero values need not stand.
func wantSeries(t *testing.T, got, want map[string]string) {
	t.Helper()
	maps.DeleteFunc(got, func(_, v string) bool { return v == "0" || v == "0 of 0" })
	if !maps.Equal(got, want) {
		t.Errorf("gathered\n%v\nwant\n%v", strings.ReplaceAll(fmt.Sprint(got), " thrift", "\nthrift"), want)
	}
}

// Labels are gathered in the order of their names: code, method, service, type.
func TestCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stats := promfilter.New(promfilter.Options{})
		m := mux.New()
		m.Handle("UserApi", lister{func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			time.Sleep(2 * time.Second)
			switch req.Method {
			case "get":
				return mux.Reply{Type: wire.Reply, Body: make([]byte, 7)}, nil
			case "put":
				return mux.Reply{Type: wire.Reply, Body: make([]byte, 9), Failed: true}, nil
			}
			return mux.Reply{}, mux.Errorf(mux.UnknownMethod, "what?")
		}})
		m.Alias("", "UserApi")
		h := mux.Chain(m, stats.Filter)
		for _, name := range [][2]string{{"UserApi", "get"}, {"", "get"}, {"UserApi", "put"}, {"", "made up"}, {"Other", "get"}} {
			req := &mux.Request{Service: name[0], Method: name[1], Type: wire.Call, Received: time.Now(), Body: make([]byte, 5)}
			time.Sleep(time.Second) // in a queue
			h.ServeThrift(t.Context(), req)
		}
		h.ServeThrift(t.Context(), &mux.Request{Method: "put", Type: wire.Oneway})
		wantSeries(t, gathered(t, stats), map[string]string{
			"thrift_server_handled_total{ok,get,UserApi,call}":                 "2",
			"thrift_server_handled_total{exception,put,UserApi,call}":          "1",
			"thrift_server_handled_total{exception,put,UserApi,oneway}":        "1",
			"thrift_server_handled_total{unknown method,other,UserApi,call}":   "1",
			"thrift_server_handled_total{unknown method,unknown,unknown,call}": "1",
			"thrift_server_handling_seconds{get,UserApi,call}":                 "2 of 6",
			"thrift_server_handling_seconds{put,UserApi,call}":                 "1 of 3",
			"thrift_server_handling_seconds{put,UserApi,oneway}":               "1 of 2",
			"thrift_server_handling_seconds{other,UserApi,call}":               "1 of 3",
			"thrift_server_handling_seconds{unknown,unknown,call}":             "1 of 1",
			"thrift_server_request_bytes{get,UserApi,call}":                    "2 of 10",
			"thrift_server_request_bytes{put,UserApi,call}":                    "1 of 5",
			"thrift_server_request_bytes{put,UserApi,oneway}":                  "1 of 0",
			"thrift_server_request_bytes{other,UserApi,call}":                  "1 of 5",
			"thrift_server_request_bytes{unknown,unknown,call}":                "1 of 5",
			"thrift_server_reply_bytes{get,UserApi,call}":                      "2 of 14",
			"thrift_server_reply_bytes{put,UserApi,call}":                      "1 of 9",
			"thrift_server_reply_bytes{put,UserApi,oneway}":                    "1 of 9",
		})
	})
}

func TestCodes(t *testing.T) {
	exception := wire.AppendExceptionBody(nil, wire.Binary, int32(mux.Overloaded), "later")
	for want, h := range map[string]mux.Handler{
		"internal error": answers(mux.Reply{}, errors.New("oops")),
		"overloaded":     answers(mux.Reply{Type: wire.Exception, Body: exception}, nil),
		"other":          answers(mux.Reply{}, mux.Errorf(4711, "a code of our own")),
		"missing result": answers(mux.Reply{}, nil),
		"canceled":       answers(mux.Reply{}, context.Canceled),
	} {
		stats := promfilter.New(promfilter.Options{})
		stats.Filter(h).ServeThrift(t.Context(), &mux.Request{Type: wire.Call, Protocol: wire.Binary})
		if got := gathered(t, stats)["thrift_server_handled_total{"+want+",unknown,unknown,call}"]; got != "1" {
			t.Errorf("%s: %s calls, want 1", want, got)
		}
	}
}

func TestPanicsAreCounted(t *testing.T) {
	stats := promfilter.New(promfilter.Options{})
	h := stats.Filter(mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { panic("oops") }))
	func() {
		defer func() {
			if v := recover(); v != "oops" {
				t.Errorf("recovered %v, want the panic to pass through", v)
			}
		}()
		h.ServeThrift(t.Context(), &mux.Request{Type: wire.Call})
	}()
	got := gathered(t, stats)
	if got["thrift_server_handled_total{internal error,unknown,unknown,call}"] != "1" || got["thrift_server_in_flight{}"] != "0" {
		t.Errorf("gathered %v", got)
	}
}

func TestInFlight(t *testing.T) {
	stats := promfilter.New(promfilter.Options{})
	var during map[string]string
	stats.Filter(mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		during = gathered(t, stats)
		return mux.Reply{}, nil
	})).ServeThrift(t.Context(), &mux.Request{})
	if got := during["thrift_server_in_flight{}"]; got != "1" {
		t.Errorf("%s calls in flight, want 1", got)
	}
}

func TestConnections(t *testing.T) {
	stats := promfilter.New(promfilter.Options{ConstLabels: prometheus.Labels{"port": "9090"}})
	o := stats.Observer()
	framed, mux1 := &mux.Peer{Addr: &net.TCPAddr{}, Dialect: "framed binary"}, &mux.Peer{Dialect: "thriftmux"}
	o.Opened(framed)
	o.Opened(framed)
	o.Opened(mux1)
	o.Closed(framed, nil)
	o.Closed(mux1, io.ErrUnexpectedEOF)
	o.Refused(framed, mux.Refusal{Bound: "MaxCalls", Err: errors.New("full")})
	wantSeries(t, gathered(t, stats), map[string]string{
		"thrift_server_connections{framed binary,9090}":          "1",
		"thrift_server_connections_total{framed binary,9090}":    "2",
		"thrift_server_connections_total{thriftmux,9090}":        "1",
		"thrift_server_connections_broken_total{thriftmux,9090}": "1",
		"thrift_server_refused_total{MaxCalls,9090}":             "1",
	})
}

// TestSize makes up as many names as a stranger could.
func TestSize(t *testing.T) {
	const made = 100_000
	for _, c := range []struct {
		name string
		opts promfilter.Options
		most int // series
	}{
		{"server", promfilter.Options{}, 2000},
		{"client", promfilter.Options{Client: true}, 5000},
	} {
		stats := promfilter.New(c.opts)
		m := mux.New()
		m.Handle("Listed", lister{answers(mux.Reply{Type: wire.Reply}, nil)})
		m.Handle("Raw", answers(mux.Reply{Type: wire.Reply}, nil))
		h := mux.Chain(m, stats.Filter)
		if c.opts.Client {
			h = stats.Filter(answers(mux.Reply{Type: wire.Reply}, nil))
		}
		o := stats.Observer()
		for i := range made {
			for _, service := range []string{"Listed", "Raw", fmt.Sprint("S", i)} {
				h.ServeThrift(t.Context(), &mux.Request{Service: service, Method: fmt.Sprint("m", i), Type: wire.Call})
			}
			peer := &mux.Peer{Addr: &net.TCPAddr{IP: net.IPv4(10, byte(i>>16), byte(i>>8), byte(i))}, Dialect: "framed binary"}
			o.Refused(peer, mux.Refusal{Bound: "MaxConns"})
		}
		if n := len(gathered(t, stats)); n > c.most {
			t.Errorf("%s: %d series after %d names, want at most %d", c.name, n, made, c.most)
		}
	}
}

// TestBuckets holds the histograms against those of client_golang.
func TestBuckets(t *testing.T) {
	bounds := []float64{0, 10, 100, math.Inf(1)}
	stats := promfilter.New(promfilter.Options{Bytes: bounds})
	want := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "want", Buckets: bounds})
	h := stats.Filter(answers(mux.Reply{Type: wire.Reply}, nil))
	for _, size := range []int{0, 1, 10, 11, 100, 101, 5000} {
		h.ServeThrift(t.Context(), &mux.Request{Type: wire.Call, Body: make([]byte, size)})
		want.Observe(float64(size))
	}
	if got, want := buckets(t, stats, "thrift_server_request_bytes"), buckets(t, want, "want"); got != want {
		t.Errorf("counted %s, want %s", got, want)
	}
}

// buckets returns what the histogram of that name has counted.
func buckets(t *testing.T, c prometheus.Collector, name string) string {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if h := f.Metric[0].Histogram; f.GetName() == name {
			return fmt.Sprint(h.GetSampleCount(), h.GetSampleSum(), h.Bucket)
		}
	}
	return "nothing"
}

func TestNewChecksItsBuckets(t *testing.T) {
	for _, bounds := range [][]float64{{2, 1}, {1, 1}, {math.NaN()}} {
		for _, opts := range []promfilter.Options{{Seconds: bounds}, {Bytes: bounds}} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%v did not panic", opts)
					}
				}()
				promfilter.New(opts)
			}()
		}
	}
}

// TestSideBySide counts on many goroutines, and collects meanwhile.
func TestSideBySide(t *testing.T) {
	stats := promfilter.New(promfilter.Options{})
	h := stats.Filter(answers(mux.Reply{Type: wire.Reply}, nil))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				h.ServeThrift(t.Context(), &mux.Request{Type: wire.Call, Body: make([]byte, 3)})
			}
		})
	}
	gathered(t, stats)
	wg.Wait()
	if got := gathered(t, stats)["thrift_server_request_bytes{unknown,unknown,call}"]; got != "4000 of 12000" {
		t.Errorf("counted %s", got)
	}
}

func TestFilterDoesNotAllocate(t *testing.T) {
	stats := promfilter.New(promfilter.Options{})
	m := mux.New()
	m.Handle("S", answers(mux.Reply{Type: wire.Reply}, nil))
	h := mux.Chain(m, stats.Filter)
	req := &mux.Request{Service: "S", Method: "m", Type: wire.Call}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { h.ServeThrift(ctx, req) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}
