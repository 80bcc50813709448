package promfilter

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Metrics counts calls and connections. It is a prometheus.Collector: it counts
// whether or not it is registered. All its methods may be called concurrently.
type Metrics struct {
	client bool
	calls  *calls
	inside atomic.Int64 // calls that are being handled
	conns  connections
	all    []prometheus.Collector
}

// New returns Metrics that have counted nothing. Buckets that do not rise, and
// labels that are not valid, make it panic as package prometheus does.
func New(opts Options) *Metrics {
	m := &Metrics{client: opts.Client, calls: newCalls(opts)}
	inside := prometheus.GaugeOpts(opts.opts("in_flight", "Calls that are being handled."))
	m.all = []prometheus.Collector{m.calls, prometheus.NewGaugeFunc(inside, func() float64 { return float64(m.inside.Load()) })}
	m.conns.init(opts)
	if !opts.Client {
		m.all = append(m.all, m.conns.collectors()...)
	}
	return m
}

// Describe makes Metrics a prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.all {
		c.Describe(ch)
	}
}

// Collect makes Metrics a prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.all {
		c.Collect(ch)
	}
}

// Filter is a mux.Filter, for a server, a service or a client, that counts each
// call when the rest of the chain has returned.
func (m *Metrics) Filter(next mux.Handler) mux.Handler {
	return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (rep mux.Reply, err error) {
		start := req.Received
		if start.IsZero() || m.client {
			start = time.Now()
		}
		m.inside.Add(1)
		err = outcome.ErrUnwound // unless next returns
		defer func() {
			m.inside.Add(-1)
			m.count(req, &rep, err, time.Since(start))
		}()
		return next.ServeThrift(ctx, req)
	})
}

func (m *Metrics) count(req *mux.Request, rep *mux.Reply, err error, took time.Duration) {
	plain := err == nil && rep.Type == wire.Reply && !rep.Failed // what most calls become
	var o outcome.Outcome
	if !plain {
		o = outcome.Of(req, *rep, err)
	}
	s := m.calls.of(req, o.Err == nil)
	s.seconds.observe(took.Seconds())
	s.request.observe(float64(len(req.Body)))
	if rep.Type == wire.Reply {
		s.reply.observe(float64(len(rep.Body)))
	}
	if plain {
		s.ok.Inc()
		return
	}
	s.handled.WithLabelValues(o.Label()).Inc()
}
