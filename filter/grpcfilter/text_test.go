package grpcfilter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/oneport-thrift/oneport/filter/grpcfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// TestNamesAndTextsOfBytes has interceptors see valid UTF-8 alone, and the call and its
// error stay what they are.
func TestNamesAndTextsOfBytes(t *testing.T) {
	exception := wire.AppendExceptionBody(nil, wire.Binary, int32(mux.Overloaded), "later \xff")
	plain := errors.New("no disk \xff")
	for name, c := range map[string]struct {
		rep  mux.Reply
		err  error
		code codes.Code
	}{
		"a result":         {mux.Reply{Type: wire.Reply, Body: []byte{0}}, nil, codes.OK},
		"an exception":     {mux.Reply{Type: wire.Exception, Body: exception}, nil, codes.ResourceExhausted},
		"an error":         {mux.Reply{}, plain, codes.Unknown},
		"a wrapped error":  {mux.Reply{}, fmt.Errorf("downstream: %w", plain), codes.Unknown},
		"a public error":   {mux.Reply{}, mux.Errorf(mux.PermissionDenied, "not you, \xff"), codes.PermissionDenied},
		"a status":         {mux.Reply{}, status.Error(codes.DataLoss, "lost \xff"), codes.DataLoss},
		"a wrapped status": {mux.Reply{}, fmt.Errorf("\xfe: %w", status.Error(codes.DataLoss, "lost \xff")), codes.DataLoss},
	} {
		check := func(side, method string, err error) {
			if method != "/S\uFFFD/get\uFFFD" {
				t.Errorf("%s, %s: the method is %q", name, side, method)
			}
			st := status.Convert(err)
			if st.Code() != c.code || !utf8.ValidString(st.Message()) || err != nil && !utf8.ValidString(err.Error()) {
				t.Errorf("%s, %s: an interceptor sees %q, status %v", name, side, err, st)
			}
		}
		served := mux.HandlerFunc(func(_ context.Context, req *mux.Request) (mux.Reply, error) {
			if req.Service != "S\xff" || req.Method != "get\xff" {
				t.Errorf("%s: called %q:%q", name, req.Service, req.Method)
			}
			return c.rep, c.err
		})
		for side, filter := range map[string]mux.Filter{
			"server": grpcfilter.UnaryServer(func(ctx context.Context, in any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
				resp, err := next(ctx, in)
				check("server", info.FullMethod, err)
				return resp, err
			}),
			"client": grpcfilter.UnaryClient(func(ctx context.Context, method string, in, reply any, cc *clientConn, invoke invoker, opts ...callOption) error {
				err := invoke(ctx, method, in, reply, cc, opts...)
				check("client", method, err)
				return err
			}),
		} {
			req := &mux.Request{Service: "S\xff", Method: "get\xff", Type: wire.Call, Protocol: wire.Binary, Body: []byte{0}}
			rep, err := filter(served).ServeThrift(t.Context(), req)
			if rep.Type != c.rep.Type || !errors.Is(err, c.err) {
				t.Errorf("%s, %s: outside it is %v, %v; want the call's own", name, side, rep, err)
			}
		}
	}
}
