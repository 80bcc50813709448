package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/ratelimit"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/realip"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/selector"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/validator"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// zapLogger is the adapter of go-grpc-middleware's examples.
func zapLogger(l *zap.Logger) logging.Logger {
	return logging.LoggerFunc(func(_ context.Context, level logging.Level, msg string, fields ...any) {
		f := make([]zap.Field, 0, len(fields)/2)
		for i := 0; i < len(fields); i += 2 {
			f = append(f, zap.Any(fmt.Sprint(fields[i]), fields[i+1]))
		}
		switch {
		case level >= logging.LevelError:
			l.Error(msg, f...)
		case level >= logging.LevelWarn:
			l.Warn(msg, f...)
		default:
			l.Info(msg, f...)
		}
	})
}

func TestServerLogging(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	c := dial(t, serve(t, grpcfilter.UnaryServer(logging.UnaryServerInterceptor(zapLogger(zap.New(core))))))
	for _, o := range outcomes[:4] {
		c.Echo(t.Context(), o.msg)
		all := logs.FilterMessage("finished call").TakeAll()
		logs.TakeAll()
		if len(all) != 1 {
			t.Fatalf("%q: logged %v", o.msg, all)
		}
		f := all[0].ContextMap()
		if f["grpc.service"] != "FooApi" || f["grpc.method"] != "echo" || f["grpc.code"] != o.code.String() || f["peer.address"] == nil {
			t.Errorf("%q: logged %v", o.msg, f)
		}
	}
}

// TestServerLoggingOfALostConnection: what an upstream's end of file is to a
// forwarding handler must not look like a success.
func TestServerLoggingOfALostConnection(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	i := logging.UnaryServerInterceptor(zapLogger(zap.New(core)))
	m := mux.New()
	m.Handle("FooApi", mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) {
		return mux.Reply{}, fmt.Errorf("upstream: %w", io.EOF)
	}), grpcfilter.UnaryServer(i))
	_, err := dial(t, serveHandler(t, m)).Echo(t.Context(), "hello")
	if code, _ := told(t, err); code != mux.InternalError {
		t.Errorf("error %v", err)
	}
	all := logs.FilterMessage("finished call").All()
	if len(all) != 1 || all[0].ContextMap()["grpc.code"] != "Unavailable" {
		t.Errorf("logged %v", all)
	}
}

// TestServerRecovery has a filter inside of the interceptor panic: a handler's
// panic never gets there.
func TestServerRecovery(t *testing.T) {
	panics := func(mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(context.Context, *mux.Request) (mux.Reply, error) { panic("the secret") })
	}
	var caught any
	handled := recovery.WithRecoveryHandler(func(p any) error {
		caught = p
		return status.Error(codes.Unavailable, "try later")
	})
	_, err := dial(t, serve(t, grpcfilter.UnaryServer(recovery.UnaryServerInterceptor(handled)), panics)).Echo(t.Context(), "hello")
	if code, text := told(t, err); code != mux.Unavailable || text != "try later" || caught != "the secret" {
		t.Errorf("caught %v, told %v %q", caught, code, text)
	}

	var seen error
	look := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		resp, err := next(ctx, req)
		seen = err
		return resp, err
	}
	chain := grpcfilter.ChainServer(look, recovery.UnaryServerInterceptor())
	_, err = dial(t, serve(t, grpcfilter.UnaryServer(chain), panics)).Echo(t.Context(), "hello")
	var recovered *recovery.PanicError
	if !errors.As(seen, &recovered) || !strings.Contains(seen.Error(), "goroutine") {
		t.Errorf("the interceptor outside sees %v", seen)
	}
	if code, text := told(t, err); code != mux.InternalError || text != "internal error" {
		t.Errorf("told %v %q, want nothing of the panic", code, text)
	}
}

// bearer lets in who has the token.
func bearer(ctx context.Context) (context.Context, error) {
	token, err := auth.AuthFromMD(ctx, "bearer")
	if err != nil {
		return nil, err
	}
	if token != "sesame" {
		return nil, status.Error(codes.PermissionDenied, "not you")
	}
	return ctx, nil
}

func TestServerAuth(t *testing.T) {
	c := dial(t, serve(t, grpcfilter.UnaryServer(auth.UnaryServerInterceptor(bearer))))
	for token, want := range map[string]string{"": "Request unauthenticated with bearer", "Bearer x": "not you"} {
		ctx := t.Context()
		if token != "" {
			ctx = withHeader(ctx, "Authorization", token)
		}
		_, err := c.Echo(ctx, "hello")
		if code, text := told(t, err); code != mux.PermissionDenied || text != want {
			t.Errorf("%q: told %v %q", token, code, text)
		}
	}
	if msg, err := c.Echo(withHeader(t.Context(), "authorization", "bearer sesame"), "hello"); msg != "hello" || err != nil {
		t.Errorf("with the token: %q, %v", msg, err)
	}
}

func TestServerSelector(t *testing.T) {
	refuse := func(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) {
		return nil, status.Error(codes.PermissionDenied, "not this method")
	}
	fails := selector.MatchFunc(func(_ context.Context, c interceptors.CallMeta) bool { return c.FullMethod() == "/FooApi/fail" })
	c := dial(t, serve(t, grpcfilter.UnaryServer(selector.UnaryServerInterceptor(refuse, fails))))
	if msg, err := c.Echo(t.Context(), "hello"); msg != "hello" || err != nil {
		t.Errorf("echo: %q, %v", msg, err)
	}
	_, err := c.Fail(t.Context(), "no tea")
	if code, text := told(t, err); code != mux.PermissionDenied || text != "not this method" {
		t.Errorf("fail: told %v %q", code, text)
	}
}

// full is a ratelimit.Limiter.
type full struct{ is bool }

func (f *full) Limit(context.Context) error {
	if f.is {
		return errors.New("bucket is empty")
	}
	return nil
}

func TestServerRatelimit(t *testing.T) {
	limit := new(full)
	c := dial(t, serve(t, grpcfilter.UnaryServer(ratelimit.UnaryServerInterceptor(limit))))
	if msg, err := c.Echo(t.Context(), "hello"); msg != "hello" || err != nil {
		t.Errorf("echo: %q, %v", msg, err)
	}
	limit.is = true
	_, err := c.Echo(t.Context(), "hello")
	if code, text := told(t, err); code != mux.Overloaded || !strings.Contains(text, "bucket is empty") {
		t.Errorf("told %v %q", code, text)
	}
}

func TestServerRealip(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	var ip netip.Addr
	see := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		ip, _ = realip.FromContext(ctx)
		return next(ctx, req)
	}
	chain := grpcfilter.ChainServer(realip.UnaryServerInterceptor(trusted, []string{realip.XRealIp}), see)
	c := dial(t, serve(t, grpcfilter.UnaryServer(chain)))
	for _, want := range []string{"127.0.0.1", "192.0.2.7"} {
		ctx := t.Context()
		if want != "127.0.0.1" {
			ctx = withHeader(ctx, realip.XRealIp, want)
		}
		if _, err := c.Echo(ctx, "hello"); err != nil || ip.String() != want {
			t.Errorf("ip %v, error %v; want %s", ip, err, want)
		}
	}
}

// echoArgs are the arguments of FooApi.echo with what a validator asks for.
type echoArgs struct{ *foo.FooApiEchoArgs }

func (a echoArgs) Validate() error {
	if a.Msg == "" {
		return errors.New("msg must not be empty")
	}
	return nil
}

func validated() grpcfilter.Option {
	return grpcfilter.WithArgs("FooApi/echo", func() thrift.TStruct { return echoArgs{foo.NewFooApiEchoArgs()} })
}

func TestServerValidator(t *testing.T) {
	c := dial(t, serve(t, grpcfilter.UnaryServer(validator.UnaryServerInterceptor(), validated())))
	if msg, err := c.Echo(t.Context(), "hello"); msg != "hello" || err != nil {
		t.Errorf("hello: %q, %v", msg, err)
	}
	_, err := c.Echo(t.Context(), "")
	if code, text := told(t, err); code != mux.ValidationFailed || text != "msg must not be empty" {
		t.Errorf("told %v %q", code, text)
	}
	if _, err := c.Fail(t.Context(), "no tea"); !errors.As(err, new(*foo.ApiError)) {
		t.Errorf("a method whose arguments are not decoded: %v", err)
	}
}

func TestServerPrometheus(t *testing.T) {
	stats := grpcprom.NewServerMetrics()
	c := dial(t, serve(t, grpcfilter.UnaryServer(stats.UnaryServerInterceptor())))
	c.Echo(t.Context(), "hello")
	c.Echo(t.Context(), "exhausted")
	c.Fail(t.Context(), "no tea")
	got := counters(t, stats)
	for series, want := range map[string]float64{
		"grpc_server_started_total{grpc_method=echo,grpc_service=FooApi,grpc_type=unary}":                             2,
		"grpc_server_handled_total{grpc_code=OK,grpc_method=echo,grpc_service=FooApi,grpc_type=unary}":                1,
		"grpc_server_handled_total{grpc_code=ResourceExhausted,grpc_method=echo,grpc_service=FooApi,grpc_type=unary}": 1,
		"grpc_server_handled_total{grpc_code=OK,grpc_method=fail,grpc_service=FooApi,grpc_type=unary}":                1,
	} {
		if got[series] != want {
			t.Errorf("%s is %v, want %v", series, got[series], want)
		}
	}
}

// TestServerPrometheusStaysSmall makes up as many methods as a stranger could.
func TestServerPrometheusStaysSmall(t *testing.T) {
	stats := grpcprom.NewServerMetrics()
	m := mux.New()
	m.Register("FooApi", foo.NewFooApiProcessor(fooService{}), grpcfilter.UnaryServer(stats.UnaryServerInterceptor()))
	for i := range 100_000 {
		if _, err := m.ServeThrift(t.Context(), &mux.Request{Service: "FooApi", Method: fmt.Sprint("m", i)}); err == nil {
			t.Fatal("a made up method was run")
		}
	}
	if got := counters(t, stats); len(got) != 0 {
		t.Errorf("%d series", len(got))
	}
}
