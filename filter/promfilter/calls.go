package promfilter

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/oneport-thrift/oneport/filter/internal/memo"
)

// maxNames bounds the names that a client's calls are counted under.
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

// calls are the metrics of all names.
type calls struct {
	handled                 *prometheus.CounterVec
	seconds, request, reply *prometheus.HistogramVec

	names  *memo.Memo[name, *series]
	others *memo.Memo[name, *series] // of the names that there is no room for
}

func (c *calls) init(o Options) {
	labels := []string{"thrift_type", "thrift_service", "thrift_method"}
	c.handled = o.counter("handled_total", "Calls that ended, by what became of them.", append(labels, "thrift_code")...)
	c.seconds = o.histogram("handling_seconds", "Time that calls took.", o.seconds(), labels...)
	c.request = o.histogram("request_bytes", "Sizes of encoded arguments.", o.bytes(), labels...)
	c.reply = o.histogram("reply_bytes", "Sizes of encoded results.", o.bytes(), labels...)
	most := 0 // those of a server are bounded by its routes
	if o.Client {
		most = maxNames
	}
	c.names = memo.New[name, *series](most)
	c.others = memo.New[name, *series](0)
}

func (c *calls) collectors() []prometheus.Collector {
	return []prometheus.Collector{c.handled, c.seconds, c.request, c.reply}
}

// of returns the series of n, or those of other if there are enough.
func (c *calls) of(n name) *series {
	if s, ok := c.names.Get(n); ok {
		return s
	}
	if s, ok := c.names.Add(n, func() *series { return c.series(n) }); ok {
		return s
	}
	n = n.other()
	s, _ := c.others.Add(n, func() *series { return c.series(n) })
	return s
}

func (c *calls) series(n name) *series {
	labels := n.labels()
	handled := c.handled.MustCurryWith(prometheus.Labels{
		"thrift_type": labels[0], "thrift_service": labels[1], "thrift_method": labels[2],
	})
	return &series{
		handled: handled,
		ok:      handled.WithLabelValues("ok"),
		seconds: c.seconds.WithLabelValues(labels...),
		request: c.request.WithLabelValues(labels...),
		reply:   c.reply.WithLabelValues(labels...),
	}
}
