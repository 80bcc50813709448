package grpcfilter

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// UnaryServer returns a filter for a service or a server that runs interceptor
// around its calls. The Server of its info is nil.
//
// The interceptor may return a response other than the handler's: a *Reply, or a
// result struct of the stub, which is encoded. It may call the handler once, from
// any goroutine, until it returns. A second call and one that comes later fail and
// run nothing. If the handler still runs when the interceptor returns, the filter
// waits for it. A oneway call is like any other, with an empty response.
//
// It panics if interceptor or an option is nil.
func UnaryServer(interceptor grpc.UnaryServerInterceptor, opts ...Option) mux.Filter {
	if interceptor == nil {
		panic("grpcfilter: UnaryServer: nil interceptor")
	}
	o := newOptions(opts)
	return func(next mux.Handler) mux.Handler {
		return &server{next: next, interceptor: interceptor, opts: o, methods: newMethods(o)}
	}
}

type server struct {
	next        mux.Handler
	interceptor grpc.UnaryServerInterceptor
	opts        *options
	methods     *methods
}

func (s *server) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	m, err := s.methods.of(req)
	if err != nil {
		return mux.Reply{}, err
	}
	c := &serverCall{server: s, req: req, args: newArgs(req)}
	c.stream.method = m.info.FullMethod
	c.once = true
	if c.in, err = c.args.request(m); err != nil {
		return mux.Reply{}, err
	}
	resp, err := c.intercept(c.context(ctx), m.info)
	rep, err := c.reply(resp, err)
	rep.Header = c.stream.addTo(rep.Header)
	return rep, err
}

// request returns what interceptors get as the request of m.
func (a *Args) request(m *method) (any, error) {
	if m.args == nil {
		return a, nil
	}
	s := m.args()
	if err := a.Decode(s); err != nil {
		if over := (*mux.Error)(nil); errors.As(err, &over) && over.Code == mux.Overloaded {
			return nil, over // there is no memory to decode it into
		}
		return nil, &mux.Error{Code: mux.ProtocolError, Message: err.Error(), Err: err, NotRun: mux.DoNotSendAgain}
	}
	return s, nil
}

// serverCall is one call on its way through an interceptor.
type serverCall struct {
	*server
	req *mux.Request
	in  any // what the interceptor gets as the request
	runs

	args   Args
	answer Reply
	stream stream
	peer   peer.Peer
}

// intercept runs the interceptor. No handler runs any more when it is left, even
// by a panic.
func (c *serverCall) intercept(ctx context.Context, info *grpc.UnaryServerInfo) (any, error) {
	defer c.finish()
	return c.interceptor(ctx, c.in, info, c.handle)
}

// context returns ctx with what interceptors look for in it.
func (c *serverCall) context(ctx context.Context) context.Context {
	ctx = grpc.NewContextWithServerTransportStream(ctx, &c.stream)
	ctx = metadata.NewIncomingContext(ctx, toMetadata(c.req.Header))
	p := c.req.Peer
	if p == nil || p.Addr == nil {
		return ctx
	}
	c.peer = peer.Peer{Addr: p.Addr, LocalAddr: p.Local}
	if p.TLS != nil {
		private := credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}
		c.peer.AuthInfo = credentials.TLSInfo{State: *p.TLS, CommonAuthInfo: private}
	}
	return peer.NewContext(ctx, &c.peer)
}

// handle is the grpc.UnaryHandler.
func (c *serverCall) handle(ctx context.Context, in any) (any, error) {
	if _, err := c.begin(); err != nil {
		return nil, err
	}
	defer c.end()
	body, err := c.args.replacedBy(in, c.in)
	if err != nil {
		return nil, err
	}
	old := c.req.Body
	c.req.Body = body
	defer func() { c.req.Body = old }()
	rep, err := c.next.ServeThrift(ctx, c.req)
	c.answer.set(c.req, rep)
	if err := c.opts.fail(c, c.stream.method, &c.answer, outcome.Of(c.req, rep, err), err); err != nil {
		return nil, err
	}
	return &c.answer, nil
}

// replacedBy returns the arguments to go on with, where the interceptor passed on
// in and had got was.
func (a *Args) replacedBy(in, was any) ([]byte, error) {
	if in == was {
		return a.body, nil
	}
	switch in := in.(type) {
	case *Args:
		return in.body, nil
	case thrift.TStruct:
		return encode(a.protocol, in)
	}
	return nil, fmt.Errorf("grpcfilter: an interceptor passed on a %T as the request", in)
}

// reply is what the call gives outside for what the interceptor returned.
func (c *serverCall) reply(resp any, err error) (mux.Reply, error) {
	if err != nil {
		if rep, err, ok := result(c, err); ok {
			return rep, err
		}
		return mux.Reply{}, toError(err, c.begun == 0)
	}
	switch resp := resp.(type) {
	case nil:
		return mux.Reply{}, nil
	case *Reply:
		return resp.reply, nil
	case thrift.TStruct:
		if c.req.Type == wire.Oneway {
			return mux.Reply{}, nil
		}
		body, err := encode(c.req.Protocol, resp)
		return mux.ResultReply(c.req.Protocol, body), err
	}
	return mux.Reply{}, fmt.Errorf("grpcfilter: an interceptor returned a %T as the response", resp)
}
