package grpc

import (
	"context"
	"errors"
	"testing"
	"time"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/retry"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/timeout"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
)

func TestClientLogging(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	i := logging.UnaryClientInterceptor(zapLogger(zap.New(core)))
	c := dial(t, serve(t), grpcfilter.UnaryClient(i))
	for msg, want := range map[string]string{"hello": "OK", "plain": "Internal"} {
		c.Echo(t.Context(), msg)
		all := logs.FilterMessage("finished call").TakeAll()
		logs.TakeAll()
		if len(all) != 1 {
			t.Fatalf("%q: logged %v", msg, all)
		}
		if f := all[0].ContextMap(); f["grpc.service"] != "FooApi" || f["grpc.method"] != "echo" || f["grpc.code"] != want || f["grpc.component"] != "client" {
			t.Errorf("%q: logged %v", msg, f)
		}
	}
}

// TestClientRetry has the server refuse the first calls.
func TestClientRetry(t *testing.T) {
	var attempts []string
	refuse := func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			attempts = append(attempts, req.Header.Get(retry.AttemptMetadataKey))
			if len(attempts) < 3 {
				return mux.Reply{}, mux.Errorf(mux.PermissionDenied, "not yet")
			}
			return next.ServeThrift(ctx, req)
		})
	}
	addr := serve(t, refuse)
	i := retry.UnaryClientInterceptor(retry.WithCodes(7), retry.WithBackoff(retry.BackoffLinear(time.Millisecond)))
	c := dial(t, addr, grpcfilter.UnaryClient(i, grpcfilter.WithCallOptions(retry.WithMax(5))))
	if msg, err := c.Echo(t.Context(), "hello"); msg != "hello" || err != nil {
		t.Errorf("%q, %v", msg, err)
	}
	if len(attempts) != 3 || attempts[0] != "" || attempts[2] != "2" {
		t.Errorf("attempts %q", attempts)
	}

	attempts = nil
	_, err := c.Echo(grpcfilter.CallOptions(t.Context(), retry.Disable()), "hello")
	if code, text := told(t, err); code != mux.PermissionDenied || text != "not yet" || len(attempts) != 1 {
		t.Errorf("without retries: told %v %q after %q", code, text, attempts)
	}
}

func TestClientTimeout(t *testing.T) {
	release := make(chan struct{})
	waits := func(mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
			<-release
			return mux.Reply{}, mux.Errorf(mux.Unavailable, "too late")
		})
	}
	addr := serve(t, waits)
	c := dial(t, addr, grpcfilter.UnaryClient(timeout.UnaryClientInterceptor(50*time.Millisecond)))
	_, err := c.Echo(t.Context(), "hello")
	close(release)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want a deadline that was exceeded", err)
	}
}

func TestClientPrometheus(t *testing.T) {
	stats := grpcprom.NewClientMetrics()
	c := dial(t, serve(t), grpcfilter.UnaryClient(stats.UnaryClientInterceptor()))
	c.Echo(t.Context(), "hello")
	c.Echo(t.Context(), "exhausted")
	c.Fail(t.Context(), "no tea")
	got := counters(t, stats)
	for series, want := range map[string]float64{
		"grpc_client_started_total{grpc_method=echo,grpc_service=FooApi,grpc_type=unary}":                    2,
		"grpc_client_handled_total{grpc_code=OK,grpc_method=echo,grpc_service=FooApi,grpc_type=unary}":       1,
		"grpc_client_handled_total{grpc_code=Internal,grpc_method=echo,grpc_service=FooApi,grpc_type=unary}": 1,
		"grpc_client_handled_total{grpc_code=OK,grpc_method=fail,grpc_service=FooApi,grpc_type=unary}":       1,
	} {
		if got[series] != want {
			t.Errorf("%s is %v, want %v\n%v", series, got[series], want, got)
		}
	}
}

// TestMetadataEndToEnd sends metadata of a client's interceptor to a server's, and
// back as headers of the reply, of a failed call too.
func TestMetadataEndToEnd(t *testing.T) {
	repeat := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		grpc.SetHeader(ctx, metadata.Pairs("answer", md.Get("question")[0]))
		return next(ctx, req)
	}
	ask := func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoke(metadata.AppendToOutgoingContext(ctx, "Question", "why"), method, req, reply, cc, opts...)
	}
	c := dial(t, serve(t, grpcfilter.UnaryServer(repeat)), grpcfilter.UnaryClient(ask))
	for _, msg := range []string{"hello", "exhausted"} {
		var header metadata.MD
		_, err := c.Echo(grpcfilter.CallOptions(t.Context(), grpc.Header(&header)), msg)
		if got := header.Get("answer"); len(got) != 1 || got[0] != "why" || (err == nil) != (msg == "hello") {
			t.Errorf("%s: headers %v, error %v", msg, header, err)
		}
	}
}
