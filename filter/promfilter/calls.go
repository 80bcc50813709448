package promfilter

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/oneport-thrift/oneport/filter/internal/callnames"
	"github.com/oneport-thrift/oneport/filter/internal/memo"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxNames bounds the names that a client's calls are counted under, and the methods
// of a route whose series are found at once.
const maxNames = callnames.Max

// maxRoutes bounds the routes whose series are found at once. Those that stand in
// no table any more are never dropped.
const maxRoutes = 4096

// other is the label of names that are not admitted.
const other = "other"

// routed are the series of a route by its methods, before their labels are looked
// for: those of calls, and of oneway calls.
type routed [2]*memo.Memo[string, *series]

func newRouted() *routed {
	return &routed{memo.New[string, *series](maxNames), memo.New[string, *series](maxNames)}
}

func (r *routed) of(req *mux.Request) *memo.Memo[string, *series] {
	if req.Type == wire.Oneway {
		return r[1]
	}
	return r[0]
}

// name is what calls are counted under.
type name struct {
	service, method string
	oneway          bool
}

// labels are the values of the labels type, service and method.
func (n name) labels() []string {
	typ := "call"
	if n.oneway {
		typ = "oneway"
	}
	return []string{typ, n.service, n.method}
}

// series are the metrics of one name.
type series struct {
	handled                 *prometheus.CounterVec // by code
	ok                      prometheus.Counter
	seconds, request, reply histogram
}

// calls are the metrics of all names, a prometheus.Collector.
type calls struct {
	handled                 *prometheus.CounterVec
	seconds, request, reply *prometheus.Desc
	opts                    Options
	client                  *callnames.Client // nil for a server

	routed *memo.Memo[*mux.Route, *routed]
	names  *memo.Memo[name, *series]
	others *memo.Memo[name, *series] // by names that are not admitted
}

func newCalls(o Options) *calls {
	labels := []string{"thrift_type", "thrift_service", "thrift_method"}
	c := &calls{
		handled: o.counter("handled_total", "Calls that ended, by what became of them.", append(labels, "thrift_code")...),
		seconds: o.desc("handling_seconds", "Time that calls took.", labels...),
		request: o.desc("request_bytes", "Sizes of encoded arguments.", labels...),
		reply:   o.desc("reply_bytes", "Sizes of encoded results.", labels...),
		opts:    o,
		routed:  memo.New[*mux.Route, *routed](maxRoutes),
		others:  memo.New[name, *series](0),
	}
	c.opts.Seconds, c.opts.Bytes = o.seconds(), o.bytes()
	most := 0 // those of a server are bounded by its routes
	if o.Client {
		c.client, most = callnames.NewClient(), maxNames
	}
	c.names = memo.New[name, *series](most)
	return c
}

func (c *calls) Describe(ch chan<- *prometheus.Desc) {
	c.handled.Describe(ch)
	ch <- c.seconds
	ch <- c.request
	ch <- c.reply
}

func (c *calls) Collect(ch chan<- prometheus.Metric) {
	c.handled.Collect(ch)
	for _, names := range []*memo.Memo[name, *series]{c.names, c.others} {
		for n, s := range names.All {
			labels := n.labels()
			s.seconds.collect(ch, c.seconds, labels)
			s.request.collect(ch, c.request, labels)
			s.reply.collect(ch, c.reply, labels)
		}
	}
}

// of returns the series of a call, once the route has been found and it is known
// whether the call was answered.
func (c *calls) of(req *mux.Request, answered bool) *series {
	oneway := req.Type == wire.Oneway
	if req.Route == nil {
		if c.client != nil {
			n, ok := c.client.Of(req, answered)
			if !ok {
				return c.other(oneway)
			}
			return c.named(name{n.Service, n.Method, oneway})
		}
		service, method := req.Labels()
		return c.named(name{service, method, oneway})
	}
	r, ok := c.routed.Get(req.Route)
	if ok {
		if s, ok := r.of(req).Get(req.Method); ok {
			return s
		}
	}
	service, method := req.Labels()
	s := c.named(name{service, method, oneway})
	if method != req.Method {
		return s
	}
	if !ok {
		r, ok = c.routed.Add(req.Route, newRouted)
	}
	if ok {
		r.of(req).Add(method, func() *series { return s })
	}
	return s
}

// named returns the series of n, or those of other if there are enough.
func (c *calls) named(n name) *series {
	if s, ok := c.names.Get(n); ok {
		return s
	}
	if n.service == other && n.method == other { // a registry takes no two series of the same labels
		return c.other(n.oneway)
	}
	if s, ok := c.names.Add(n, func() *series { return c.series(n) }); ok {
		return s
	}
	return c.other(n.oneway)
}

// other returns the series of calls whose own name is not admitted.
func (c *calls) other(oneway bool) *series {
	n := name{other, other, oneway}
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
		seconds: newHistogram(c.opts.Seconds),
		request: newHistogram(c.opts.Bytes),
		reply:   newHistogram(c.opts.Bytes),
	}
}
