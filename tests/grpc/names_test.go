package grpc

import (
	"context"
	"errors"
	"testing"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/filter/otelfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// TestNamesOfBytesInSinks calls by names that are not UTF-8, through the SDK of
// OpenTelemetry and gRPC's interceptor for Prometheus. An exporter encodes spans as
// protocol buffers, which take valid UTF-8 only.
func TestNamesOfBytesInSinks(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	telemetry := otelfilter.Options{TracerProvider: trace.NewTracerProvider(trace.WithSpanProcessor(spans))}
	metrics := grpcprom.NewServerMetrics(grpcprom.WithServerHandlingTimeHistogram())
	var failed error
	see := func(ctx context.Context, in any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		resp, err := next(ctx, in)
		failed = err
		return resp, err
	}
	m := mux.New()
	m.Handle("S\xff", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		return mux.Reply{}, errors.New("downstream: \xff")
	}), grpcfilter.UnaryServer(grpcfilter.ChainServer(metrics.UnaryServerInterceptor(), see)))
	h := mux.Chain(m, otelfilter.Server(telemetry))
	for _, service := range []string{"S\xff", "made up \xff"} {
		h.ServeThrift(t.Context(), &mux.Request{Service: service, Method: "get\xfe", Type: wire.Call, Protocol: wire.Binary, Body: []byte{0}})
	}

	encodes := func(what, text string) {
		if _, err := proto.Marshal(wrapperspb.String(text)); err != nil {
			t.Errorf("%s %q: %v", what, text, err)
		}
	}
	for _, s := range spans.Ended() {
		encodes("name", s.Name())
		encodes("status", s.Status().Description)
		for _, kv := range s.Attributes() {
			if kv.Value.Type() == attribute.STRING {
				encodes(string(kv.Key), kv.Value.AsString())
			}
		}
	}
	if n := len(spans.Ended()); n != 2 {
		t.Errorf("%d spans, want 2", n)
	}
	if _, err := proto.Marshal(status.Convert(failed).Proto()); err != nil || failed == nil {
		t.Errorf("status %v: %v", failed, err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics)
	if families, err := registry.Gather(); err != nil || len(families) == 0 {
		t.Errorf("gathered %d families, error %v", len(families), err)
	}
}
