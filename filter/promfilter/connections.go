package promfilter

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// connections are the metrics of what no handler sees.
type connections struct {
	open          *prometheus.GaugeVec
	total, broken *prometheus.CounterVec
	refused       *prometheus.CounterVec
}

func (c *connections) init(o Options) {
	c.open = o.gauge("connections", "Connections that are open, by what they speak.", "dialect")
	c.total = o.counter("connections_total", "Connections that were opened.", "dialect")
	c.broken = o.counter("connections_broken_total", "Connections that ended by an error.", "dialect")
	c.refused = o.counter("refused_total", "Calls and connections turned away, by the bound that was reached.", "bound")
}

func (c *connections) collectors() []prometheus.Collector {
	return []prometheus.Collector{c.open, c.total, c.broken, c.refused}
}

// Observer returns what a server's Observer can be, or one of several joined by
// filter.Observers, to count connections and refusals.
func (m *Metrics) Observer() mux.Observer {
	c := &m.conns
	return mux.Observer{
		Opened: func(p *mux.Peer) {
			c.open.WithLabelValues(text.Label(p.Dialect)).Inc()
			c.total.WithLabelValues(text.Label(p.Dialect)).Inc()
		},
		Closed: func(p *mux.Peer, why error) {
			c.open.WithLabelValues(text.Label(p.Dialect)).Dec()
			if why != nil {
				c.broken.WithLabelValues(text.Label(p.Dialect)).Inc()
			}
		},
		Refused: func(_ *mux.Peer, r mux.Refusal) {
			c.refused.WithLabelValues(text.Label(r.Bound)).Inc()
		},
	}
}
