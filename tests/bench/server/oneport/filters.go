package main

import (
	"io"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/filter/promfilter"
	"github.com/oneport-thrift/oneport/filter/zapfilter"
	"github.com/oneport-thrift/oneport/mux"
)

// What a server of some size has around its services: a log of one successful
// call in a thousand, metrics, and a limit that is never reached.
const (
	sampled = 1000
	most    = 5000
)

func filters() []mux.Filter {
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	logger := zap.New(zapcore.NewCore(encoder, zapcore.AddSync(io.Discard), zap.InfoLevel))
	log := zapfilter.New(logger, zapfilter.Options{SampleSuccess: sampled})
	stats := promfilter.New(promfilter.Options{})
	prometheus.NewRegistry().MustRegister(stats)
	return []mux.Filter{log.Filter, stats.Filter, filter.Limit(most)}
}
