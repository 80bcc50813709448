package grpc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/oneport-thrift/oneport/filter/otelfilter"
)

// TestTelemetry makes a call with a filter at either end, which tell the same SDK.
func TestTelemetry(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	reader := metric.NewManualReader()
	opts := otelfilter.Options{
		TracerProvider: trace.NewTracerProvider(trace.WithSpanProcessor(spans)),
		MeterProvider:  metric.NewMeterProvider(metric.WithReader(reader)),
	}
	c := dial(t, serve(t, otelfilter.Server(opts)), otelfilter.Client(opts))
	c.Echo(t.Context(), "hello")
	c.Echo(t.Context(), "plain")

	ended := spans.Ended()
	if len(ended) != 4 {
		t.Fatalf("%d spans, want one at each end of two calls", len(ended))
	}
	for i := 0; i < len(ended); i += 2 {
		inside, outside := ended[i], ended[i+1]
		if inside.Parent().SpanID() != outside.SpanContext().SpanID() || inside.SpanContext().TraceID() != outside.SpanContext().TraceID() || !inside.Parent().IsRemote() {
			t.Errorf("the server's span continues %v, want %v", inside.Parent(), outside.SpanContext())
		}
		for _, s := range ended[i : i+2] {
			attrs := attribute.NewSet(s.Attributes()...)
			status, _ := attrs.Value("rpc.response.status_code")
			want, code := "ok", codes.Unset
			if i > 0 {
				want, code = "internal error", codes.Error
			}
			if s.Name() != "FooApi/echo" || status.AsString() != want || s.Status().Code != code {
				t.Errorf("%v span %q with status %q, %v", s.SpanKind(), s.Name(), status.AsString(), s.Status())
			}
		}
	}

	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range data.ScopeMetrics[0].Metrics {
		for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
			got = append(got, fmt.Sprint(m.Name, " ", m.Unit, " ", p.Count, " ", p.Attributes.Encoded(attribute.DefaultEncoder())))
		}
	}
	slices.Sort(got)
	var want []string
	for _, side := range []string{"client", "server"} {
		name := "rpc." + side + ".call.duration s 1 "
		want = append(want, name+"error.type=internal error,rpc.method=FooApi/echo,rpc.response.status_code=internal error,rpc.system.name=thrift",
			name+"rpc.method=FooApi/echo,rpc.response.status_code=ok,rpc.system.name=thrift")
	}
	if !slices.Equal(got, want) {
		t.Errorf("metrics\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
