package promfilter

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// maxNames bounds the names that a client's calls are counted under. Those of a
// server are bounded by its routes.
const maxNames = 1024

// name is what calls are counted under.
type name struct {
	service, method string
	oneway          bool
}

// other is the name of calls whose own is not admitted.
func (n name) other() name { return name{"other", "other", n.oneway} }

// labels are the values of the labels type, service and method.
func (n name) labels() []string {
	typ := "call"
	if n.oneway {
		typ = "oneway"
	}
	return []string{typ, n.service, n.method}
}

// series are the metrics of one name, found once.
type series struct {
	handled                 *prometheus.CounterVec // by code
	ok                      prometheus.Counter
	seconds, request, reply prometheus.Observer
}

// calls are the metrics of all names, read without a lock.
type calls struct {
	handled                 *prometheus.CounterVec
	seconds, request, reply *prometheus.HistogramVec
	bounded                 bool // names are not bounded by routes

	names atomic.Pointer[map[name]*series]
	mu    sync.Mutex // held to replace names
}

func (c *calls) init(o Options) {
	labels := []string{"thrift_type", "thrift_service", "thrift_method"}
	c.bounded = o.Client
	c.handled = o.counter("handled_total", "Calls that ended, by what became of them.", append(labels, "thrift_code")...)
	c.seconds = o.histogram("handling_seconds", "Time that calls took.", o.seconds(), labels...)
	c.request = o.histogram("request_bytes", "Sizes of encoded arguments.", o.bytes(), labels...)
	c.reply = o.histogram("reply_bytes", "Sizes of encoded results.", o.bytes(), labels...)
	c.names.Store(&map[name]*series{})
}

func (c *calls) collectors() []prometheus.Collector {
	return []prometheus.Collector{c.handled, c.seconds, c.request, c.reply}
}

// of returns the series of n, or of other if there are enough.
func (c *calls) of(n name) *series {
	names := *c.names.Load()
	if s, ok := names[n]; ok {
		return s
	}
	if c.bounded && len(names) >= maxNames {
		if s, ok := names[n.other()]; ok {
			return s
		}
	}
	return c.add(n)
}

func (c *calls) add(n name) *series {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := maps.Clone(*c.names.Load())
	if c.bounded && len(names) >= maxNames {
		n = n.other()
	}
	if s, ok := names[n]; ok {
		return s
	}
	labels := n.labels()
	handled := c.handled.MustCurryWith(prometheus.Labels{
		"thrift_type": labels[0], "thrift_service": labels[1], "thrift_method": labels[2],
	})
	s := &series{
		handled: handled,
		ok:      handled.WithLabelValues("ok"),
		seconds: c.seconds.WithLabelValues(labels...),
		request: c.request.WithLabelValues(labels...),
		reply:   c.reply.WithLabelValues(labels...),
	}
	names[n] = s
	c.names.Store(&names)
	return s
}
