package grpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/validator"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
)

// chained is a chain of interceptors with what it has told.
type chained struct {
	logs  *observer.ObservedLogs
	stats *grpcprom.ServerMetrics
	chain []grpc.UnaryServerInterceptor
}

func newChain() chained {
	core, logs := observer.New(zap.DebugLevel)
	c := chained{logs: logs, stats: grpcprom.NewServerMetrics()}
	c.chain = []grpc.UnaryServerInterceptor{
		logging.UnaryServerInterceptor(zapLogger(zap.New(core))),
		c.stats.UnaryServerInterceptor(),
		recovery.UnaryServerInterceptor(recovery.WithRecoveryHandler(func(any) error {
			return status.Error(codes.Internal, "internal error")
		})),
		auth.UnaryServerInterceptor(bearer),
		validator.UnaryServerInterceptor(),
	}
	return c
}

// fields are the lines that were logged, without what no two calls have alike.
func (c chained) fields() []string {
	var lines []string
	for _, e := range c.logs.All() {
		f := e.ContextMap()
		for _, key := range []string{"grpc.start_time", "grpc.time_ms", "peer.address"} {
			if f[key] == nil {
				lines = append(lines, "without "+key)
			}
			delete(f, key)
		}
		if text, _ := f["grpc.error"].(string); strings.Contains(text, "panic") || strings.Contains(text, "Internal") {
			f["grpc.error"] = "a panic" // which oneport catches further inside
		}
		lines = append(lines, fmt.Sprint(e.Level, " ", e.Message, " ", f))
	}
	return lines
}

// echoMessage is the request of FooApi.echo on gRPC.
type echoMessage struct{ *wrapperspb.StringValue }

func (m echoMessage) Validate() error {
	if m.Value == "" {
		return errors.New("msg must not be empty")
	}
	return nil
}

// fooAPI is FooApi on gRPC, as generated code would have it.
var fooAPI = grpc.ServiceDesc{
	ServiceName: "FooApi",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "echo", Handler: func(_ any, ctx context.Context, decode func(any) error, i grpc.UnaryServerInterceptor) (any, error) {
		req := echoMessage{new(wrapperspb.StringValue)}
		if err := decode(req); err != nil {
			return nil, err
		}
		return i(ctx, req, &grpc.UnaryServerInfo{FullMethod: "/FooApi/echo"}, func(ctx context.Context, req any) (any, error) {
			msg, err := echo(ctx, req.(echoMessage).Value)
			return wrapperspb.String(msg), err
		})
	}}},
}

// serveGRPC serves FooApi on gRPC until the test ends, and returns a connection.
func serveGRPC(t *testing.T, chain ...grpc.UnaryServerInterceptor) *grpc.ClientConn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer(grpc.ChainUnaryInterceptor(chain...))
	srv.RegisterService(&fooAPI, nil)
	go srv.Serve(listener) // ends with Stop
	t.Cleanup(srv.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestBesideGRPC sends the same calls through the same chain on a gRPC server and
// on oneport: what the interceptors tell of them is the same.
func TestBesideGRPC(t *testing.T) {
	there, here := newChain(), newChain()
	conn := serveGRPC(t, there.chain...)
	c := dial(t, serve(t, grpcfilter.UnaryServer(grpcfilter.ChainServer(here.chain...), validated())))

	type call struct{ token, msg string }
	calls := []call{{"", "hello"}, {"bearer x", "hello"}, {"bearer sesame", "panic"}}
	for _, o := range outcomes {
		calls = append(calls, call{"bearer sesame", o.msg})
	}
	for _, x := range calls {
		ctx, reply := t.Context(), new(wrapperspb.StringValue)
		if x.token != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", x.token)
		}
		gerr := conn.Invoke(ctx, "/FooApi/echo", wrapperspb.String(x.msg), reply)

		if ctx = t.Context(); x.token != "" {
			ctx = withHeader(ctx, "authorization", x.token)
		}
		msg, err := c.Echo(ctx, x.msg)
		if msg != reply.Value || (err == nil) != (gerr == nil) {
			t.Errorf("%v: %q, %v; gRPC's %q, %v", x, msg, err, reply.Value, gerr)
		}
	}

	want, got := there.fields(), here.fields()
	if len(want) != 2*len(calls) {
		t.Fatalf("gRPC's chain logged %d lines, want a start and an end of each call", len(want))
	}
	if !slices.Equal(got, want) {
		t.Errorf("logged\n%s\nand on gRPC\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got, want := counters(t, here.stats), counters(t, there.stats); len(want) == 0 || !maps.Equal(got, want) {
		t.Errorf("counted\n%v\nand on gRPC\n%v", got, want)
	}
	for _, o := range outcomes {
		if line := fmt.Sprintf("grpc.code:%v ", o.code); !strings.Contains(strings.Join(got, "\n"), line) {
			t.Errorf("no line has %s", line)
		}
	}
}
