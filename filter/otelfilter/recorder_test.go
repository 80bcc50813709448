package otelfilter_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// recorder is a provider of tracers and meters that keeps what it is told.
type recorder struct {
	noop.TracerProvider
	spans   []*span
	metrics metrics
}

type tracer struct {
	noop.Tracer
	r *recorder
}

func (r *recorder) Tracer(string, ...trace.TracerOption) trace.Tracer { return tracer{r: r} }

func (t tracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	parent := trace.SpanContextFromContext(ctx)
	config := trace.NewSpanStartConfig(opts...)
	s := &span{name: name, began: name, kind: config.SpanKind(), start: config.Timestamp(), parent: parent, attrs: map[string]string{}}
	s.context = trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: parent.TraceID(), SpanID: trace.SpanID{7: byte(len(t.r.spans) + 1)}, TraceFlags: trace.FlagsSampled,
	})
	if !parent.IsValid() {
		s.context = s.context.WithTraceID(trace.TraceID{15: 1})
	}
	t.r.spans = append(t.r.spans, s)
	return trace.ContextWithSpan(ctx, s), s
}

type span struct {
	noop.Span
	name, began     string
	kind            trace.SpanKind
	start           time.Time
	parent, context trace.SpanContext
	attrs           map[string]string
	status          codes.Code
	text            string // of the status
	ended           bool
}

func (s *span) SpanContext() trace.SpanContext          { return s.context }
func (s *span) IsRecording() bool                       { return !s.ended }
func (s *span) SetName(name string)                     { s.name = name }
func (s *span) SetStatus(code codes.Code, text string)  { s.status, s.text = code, text }
func (s *span) End(...trace.SpanEndOption)              { s.ended = true }
func (s *span) SetAttributes(kvs ...attribute.KeyValue) { put(s.attrs, kvs...) }

func put(attrs map[string]string, kvs ...attribute.KeyValue) {
	for _, kv := range kvs {
		attrs[string(kv.Key)] = kv.Value.String()
	}
}

// metrics keeps the values of every histogram, a line each.
type metrics struct {
	metricnoop.MeterProvider
	lines []string
}

type meter struct {
	metricnoop.Meter
	m *metrics
}

type histogram struct {
	metricnoop.Float64Histogram
	name string
	m    *metrics
}

func (m *metrics) Meter(string, ...metric.MeterOption) metric.Meter { return meter{m: m} }

func (m meter) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return histogram{name: name, m: m.m}, nil
}

func (h histogram) Enabled(context.Context) bool { return true }

func (h histogram) Record(_ context.Context, v float64, opts ...metric.RecordOption) {
	set := metric.NewRecordConfig(opts).Attributes()
	h.m.lines = append(h.m.lines, fmt.Sprint(h.name, " ", v, " ", text(set.ToSlice())))
}

// text is a sorted list of attributes.
func text(kvs []attribute.KeyValue) string {
	attrs := make([]string, 0, len(kvs))
	for _, kv := range kvs {
		attrs = append(attrs, string(kv.Key)+"="+kv.Value.String())
	}
	slices.Sort(attrs)
	return strings.Join(attrs, " ")
}
