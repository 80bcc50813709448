package otelfilter

import (
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation.
const scope = "github.com/oneport-thrift/oneport/filter/otelfilter"

// Options say where spans and metrics go. The zero Options use what the program
// has set globally, as it is when the filter is made.
type Options struct {
	// TracerProvider makes the spans. nil means the global one.
	TracerProvider trace.TracerProvider
	// MeterProvider makes the metrics. nil means the global one.
	MeterProvider metric.MeterProvider
	// Propagator carries the context. nil means W3C's trace context and baggage,
	// not the global one, which carries nothing unless it is set.
	Propagator propagation.TextMapPropagator
}

func (o Options) tracer() trace.Tracer {
	p := o.TracerProvider
	if p == nil {
		p = otel.GetTracerProvider()
	}
	return p.Tracer(scope)
}

func (o Options) meter() metric.Meter {
	p := o.MeterProvider
	if p == nil {
		p = otel.GetMeterProvider()
	}
	return p.Meter(scope)
}

func (o Options) propagator() propagation.TextMapPropagator {
	if o.Propagator == nil {
		return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	}
	return o.Propagator
}

// must panics if a provider refuses an instrument, which only its wrong setup
// makes it do.
func must(err error) {
	if err != nil {
		panic(fmt.Errorf("otelfilter: %w", err))
	}
}
