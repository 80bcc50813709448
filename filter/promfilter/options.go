package promfilter

import "github.com/prometheus/client_golang/prometheus"

// Options say how calls are counted. The zero Options are those of a server.
type Options struct {
	// Client counts the calls of a client, under names that begin with
	// thrift_client_.
	Client bool
	// ConstLabels are added to every metric, so that several servers of a program
	// can share a registry.
	ConstLabels prometheus.Labels
	// Seconds are the buckets of the time calls take, in seconds. nil means
	// prometheus.DefBuckets, from 5 ms to 10 s.
	Seconds []float64
	// Bytes are the buckets of sizes, in bytes. nil means ten from 64 bytes on,
	// each four times the one before, to 16 MiB.
	Bytes []float64
}

func (o Options) seconds() []float64 {
	if o.Seconds == nil {
		return prometheus.DefBuckets
	}
	return checkBounds(o.Seconds)
}

func (o Options) bytes() []float64 {
	if o.Bytes == nil {
		return prometheus.ExponentialBuckets(64, 4, 10)
	}
	return checkBounds(o.Bytes)
}

// opts returns the options of the metric of that name.
func (o Options) opts(name, help string) prometheus.Opts {
	subsystem := "server"
	if o.Client {
		subsystem = "client"
	}
	return prometheus.Opts{Namespace: "thrift", Subsystem: subsystem, Name: name, Help: help, ConstLabels: o.ConstLabels}
}

func (o Options) counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts(o.opts(name, help)), labels)
}

func (o Options) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts(o.opts(name, help)), labels)
}

// desc describes the histogram of that name.
func (o Options) desc(name, help string, labels ...string) *prometheus.Desc {
	opts := o.opts(name, help)
	return prometheus.NewDesc(prometheus.BuildFQName(opts.Namespace, opts.Subsystem, opts.Name), help, labels, opts.ConstLabels)
}
