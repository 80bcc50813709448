package filter_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"

	"github.com/oneport-thrift/oneport/filter"
	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/filter/otelfilter"
	"github.com/oneport-thrift/oneport/filter/promfilter"
	"github.com/oneport-thrift/oneport/filter/ratelimit"
	"github.com/oneport-thrift/oneport/filter/zapfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// echoService is FooApi, as far as it is called.
type echoService struct{ foo.FooApi }

func (echoService) Echo(_ context.Context, msg string) (string, error) { return msg, nil }

// passes is an interceptor that does nothing.
func passes(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	return next(ctx, req)
}

// BenchmarkFilters calls a stub with 100 bytes through each filter: what one costs
// is the difference to "none".
func BenchmarkFilters(b *testing.B) {
	defer func(d time.Duration) { thrift.ServerConnectivityCheckInterval = d }(thrift.ServerConnectivityCheckInterval)
	thrift.ServerConnectivityCheckInterval = 0
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel)
	logger := zap.New(core)
	log := zapfilter.New(logger, zapfilter.Options{}).Filter
	sampled := zapfilter.New(logger, zapfilter.Options{SampleSuccess: 100}).Filter
	stats := promfilter.New(promfilter.Options{}).Filter
	deadlines := filter.Deadlines{Header: "time-left", Methods: map[string]time.Duration{"FooApi:slow": time.Minute}}

	for _, c := range []struct {
		name  string
		chain []mux.Filter
	}{
		{"none", nil},
		{"Rename", []mux.Filter{filter.RenameMethod(filter.Exact(map[string]string{"old": "echo"}))}},
		{"Limit", []mux.Filter{filter.Limit(1000)}},
		{"Deadline/none", []mux.Filter{filter.Deadline(deadlines)}},
		{"Deadline/default", []mux.Filter{filter.Deadline(filter.Deadlines{Default: time.Minute})}},
		{"PassDeadline/none", []mux.Filter{filter.PassDeadline("time-left")}},
		{"zapfilter", []mux.Filter{log}},
		{"zapfilter/sampled", []mux.Filter{sampled}},
		{"promfilter", []mux.Filter{stats}},
		{"ratelimit/peer", []mux.Filter{ratelimit.New(ratelimit.Options{Rate: 1e9, Burst: 1e9, By: ratelimit.Peer})}},
		{"grpcfilter", []mux.Filter{grpcfilter.UnaryServer(passes)}},
		{"grpcfilter/args", []mux.Filter{grpcfilter.UnaryServer(passes, grpcfilter.WithArgs("FooApi/echo", func() thrift.TStruct { return foo.NewFooApiEchoArgs() }))}},
		{"otelfilter/nothing set", []mux.Filter{otelfilter.Server(otelfilter.Options{})}},
		{"log sampled, stats, limit", []mux.Filter{sampled, stats, filter.Limit(1000)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := mux.New()
			m.Register("FooApi", foo.NewFooApiProcessor(echoService{}))
			h := mux.Chain(m, c.chain...)
			var p protocol.Binary
			p.ResetBody(protocol.Message{}, nil, nil)
			ctx := context.Background()
			args := foo.FooApiEchoArgs{Msg: strings.Repeat("x", 100)}
			if err := args.Write(ctx, &p); err != nil {
				b.Fatal(err)
			}
			req := &mux.Request{
				Service: "FooApi", Method: "echo", Type: wire.Call, Protocol: wire.Binary, Received: time.Now(),
				Peer: &mux.Peer{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}}, Body: p.Out(), Scratch: make([]byte, 0, 4096),
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.ServeThrift(ctx, req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
