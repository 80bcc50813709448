package grpcfilter_test

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// What a filter cannot do is a panic where it is made, which names what is wrong.
func TestMistakesOfTheProgram(t *testing.T) {
	newArgs := func() thrift.TStruct { return foo.NewFooApiEchoArgs() }
	passes := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		return next(ctx, req)
	}
	for text, make := range map[string]func(){
		"grpcfilter: UnaryServer: nil interceptor":      func() { grpcfilter.UnaryServer(nil) },
		"grpcfilter: UnaryClient: nil interceptor":      func() { grpcfilter.UnaryClient(nil) },
		"grpcfilter: option 1 of 2 is nil":              func() { grpcfilter.UnaryServer(passes, grpcfilter.WithTransportSecurity(), nil) },
		`grpcfilter: WithArgs: method "echo" is not`:    func() { grpcfilter.WithArgs("echo", newArgs) },
		`grpcfilter: WithArgs: method "/echo" is not`:   func() { grpcfilter.WithArgs("/echo", newArgs) },
		`grpcfilter: WithArgs: method "FooApi/" is not`: func() { grpcfilter.WithArgs("FooApi/", newArgs) },
		`grpcfilter: WithArgs("FooApi/echo"): nil func`: func() { grpcfilter.WithArgs("FooApi/echo", nil) },
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, text) {
					t.Errorf("%q, want %q", got, text)
				}
			}()
			make()
		}()
	}
	grpcfilter.WithArgs("/FooApi/echo", newArgs)
	grpcfilter.WithArgs("//echo", newArgs)
}
