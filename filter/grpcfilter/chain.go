package grpcfilter

import (
	"context"

	"google.golang.org/grpc"
)

// ChainServer makes one interceptor of several, of which the first is the
// outermost. One filter with a chain costs less than a filter for each.
func ChainServer(interceptors ...grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		for i := len(interceptors) - 1; i >= 0; i-- {
			interceptor, next := interceptors[i], handler
			handler = func(ctx context.Context, req any) (any, error) { return interceptor(ctx, req, info, next) }
		}
		return handler(ctx, req)
	}
}

// ChainClient is ChainServer for the interceptors of a client.
func ChainClient(interceptors ...grpc.UnaryClientInterceptor) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		for i := len(interceptors) - 1; i >= 0; i-- {
			interceptor, next := interceptors[i], invoker
			invoker = func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, opts ...grpc.CallOption) error {
				return interceptor(ctx, method, req, reply, cc, next, opts...)
			}
		}
		return invoker(ctx, method, req, reply, cc, opts...)
	}
}
