package grpcfilter

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/oneport-thrift/oneport/mux"
)

type callOptionsKey struct{}

// CallOptions returns a context whose calls hand opts to the interceptors of a
// client's filter, behind those that ctx has already.
func CallOptions(ctx context.Context, opts ...grpc.CallOption) context.Context {
	before, _ := ctx.Value(callOptionsKey{}).([]grpc.CallOption)
	return context.WithValue(ctx, callOptionsKey{}, slices.Concat(before, opts))
}

// callOptions returns the options of a call with the context ctx.
func (o *options) callOptions(ctx context.Context) []grpc.CallOption {
	own, _ := ctx.Value(callOptionsKey{}).([]grpc.CallOption)
	if len(own) == 0 {
		return slices.Clip(o.callOpts)
	}
	return slices.Concat(o.callOpts, own)
}

// before does what opts ask for before req is sent.
func (o *options) before(ctx context.Context, method string, req *mux.Request, opts []grpc.CallOption) error {
	for _, opt := range opts {
		switch opt := opt.(type) {
		case grpc.MaxSendMsgSizeCallOption:
			if n := len(req.Body); n > opt.MaxSendMsgSize {
				return status.Errorf(codes.ResourceExhausted, "arguments of %d bytes are over the limit of %d", n, opt.MaxSendMsgSize)
			}
		case grpc.PerRPCCredsCallOption:
			if err := o.addCredentials(ctx, method, req, opt); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *options) addCredentials(ctx context.Context, method string, req *mux.Request, opt grpc.PerRPCCredsCallOption) error {
	if opt.Creds.RequireTransportSecurity() && !o.secure {
		return status.Error(codes.Unauthenticated, "credentials insist on transport security; see grpcfilter.WithTransportSecurity")
	}
	fields, err := opt.Creds.GetRequestMetadata(ctx, method)
	if err != nil {
		if _, ok := err.(statusError); ok {
			return err
		}
		return status.Errorf(codes.Unauthenticated, "credentials: %v", err)
	}
	req.Header = appendMetadata(req.Header, metadata.New(fields))
	return nil
}

// after does what opts ask for when rep has come and the call has become err. It
// returns what the call becomes.
func after(rep mux.Reply, err error, opts []grpc.CallOption) error {
	for _, opt := range opts {
		switch opt := opt.(type) {
		case grpc.MaxRecvMsgSizeCallOption:
			if n := len(rep.Body); err == nil && n > opt.MaxRecvMsgSize {
				err = status.Errorf(codes.ResourceExhausted, "a result of %d bytes is over the limit of %d", n, opt.MaxRecvMsgSize)
			}
		case grpc.HeaderCallOption:
			*opt.HeaderAddr = toMetadata(rep.Header).Copy()
		case grpc.TrailerCallOption:
			*opt.TrailerAddr = metadata.MD{}
		}
	}
	for _, opt := range opts {
		if opt, ok := opt.(grpc.OnFinishCallOption); ok {
			opt.OnFinish(err)
		}
	}
	return err
}
