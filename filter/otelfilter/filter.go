package otelfilter

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/rpcconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/oneport-thrift/oneport/filter/internal/memo"
	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	calltrace "github.com/oneport-thrift/oneport/filter/internal/trace"
	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// telemetry is what the two filters have in common.
type telemetry struct {
	next       mux.Handler
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	record     func(ctx context.Context, seconds float64, set attribute.Set)
	methods    methods
	sets       sets
}

func newTelemetry(o Options, client bool) telemetry {
	t := telemetry{
		tracer:     o.tracer(),
		propagator: o.propagator(),
		methods:    newMethods(client),
		sets:       sets{memo.New[result, attribute.Set](0)}, // few methods, few codes
	}
	if client {
		duration, err := rpcconv.NewClientCallDuration(o.meter())
		must(err)
		t.record = duration.RecordSet
		return t
	}
	duration, err := rpcconv.NewServerCallDuration(o.meter())
	must(err)
	t.record = duration.RecordSet
	return t
}

// Server returns a filter for a server or a service that makes a span of each call,
// which continues the client's trace if the headers name one. It panics if the
// MeterProvider refuses the instrument.
func Server(o Options) mux.Filter {
	t := newTelemetry(o, false)
	return func(next mux.Handler) mux.Handler {
		s := &server{t}
		s.next = next
		return s
	}
}

type server struct{ telemetry }

func (s *server) ServeThrift(ctx context.Context, req *mux.Request) (rep mux.Reply, err error) {
	start := req.Received
	if start.IsZero() {
		start = time.Now()
	}
	if len(req.Header) > 0 {
		ctx = s.propagator.Extract(ctx, carrier{&req.Header})
	}
	ctx, span := s.tracer.Start(ctx, spanName(req), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(start))
	err = outcome.ErrUnwound // unless next returns
	defer func() {
		o := outcome.Of(req, rep, err)
		if span.IsRecording() {
			span.SetAttributes(peerAttributes(req.Peer)...)
			if o.ServerFault() {
				span.SetStatus(codes.Error, text.Error(o.Err))
			}
		}
		s.end(ctx, span, req, o, time.Since(start))
	}()
	return s.next.ServeThrift(withIDs(ctx, span), req)
}

// Client returns a filter for a client that makes a span of each call and names it
// in the headers. It panics if the MeterProvider refuses the instrument.
func Client(o Options) mux.Filter {
	t := newTelemetry(o, true)
	return func(next mux.Handler) mux.Handler {
		c := &client{t}
		c.next = next
		return c
	}
}

type client struct{ telemetry }

func (c *client) ServeThrift(ctx context.Context, req *mux.Request) (rep mux.Reply, err error) {
	start := time.Now()
	ctx, span := c.tracer.Start(ctx, spanName(req), trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(start))
	header := req.Header
	c.propagator.Inject(ctx, carrier{&req.Header})
	err = outcome.ErrUnwound // unless next returns
	defer func() {
		req.Header = header
		o := outcome.Of(req, rep, err)
		if o.Err != nil {
			span.SetStatus(codes.Error, text.Error(o.Err))
		}
		c.end(ctx, span, req, o, time.Since(start))
	}()
	return c.next.ServeThrift(withIDs(ctx, span), req)
}

// withIDs returns a context that tells filters that log the ids of span, if it has any.
func withIDs(ctx context.Context, span trace.Span) context.Context {
	if c := span.SpanContext(); c.IsValid() {
		return calltrace.With(ctx, ids(c))
	}
	return ctx
}

type ids trace.SpanContext

func (i ids) IDs() (traceID, spanID string) {
	c := trace.SpanContext(i)
	return c.TraceID().String(), c.SpanID().String()
}

// end ends the span and records the metric.
func (t *telemetry) end(ctx context.Context, span trace.Span, req *mux.Request, o outcome.Outcome, took time.Duration) {
	method := t.methods.of(req, o.Err == nil)
	if span.IsRecording() {
		span.SetAttributes(system, semconv.RPCMethod(method))
		span.SetAttributes(statusAttributes(o)...)
		if method == otherMethod {
			span.SetName(system.Value.AsString())
			span.SetAttributes(semconv.RPCMethodOriginal(spanName(req)))
		} else {
			span.SetName(method)
		}
	}
	span.End()
	t.record(ctx, took.Seconds(), t.sets.of(method, o))
}
