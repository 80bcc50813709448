package grpcfilter

import (
	"context"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	"github.com/oneport-thrift/oneport/mux"
)

// UnaryClient returns a filter for a client that runs interceptor around its
// calls. The reply that the interceptor is handed is an empty *Reply, which the
// invoker fills; an interceptor that answers by itself fills it with its Encode.
//
// The headers of the call are the outgoing metadata of the interceptor's context,
// beside what the caller's context has already, and what it makes of them is sent.
// Each run of the invoker is a call of its own: there may be any number, one after
// the other or side by side, until the interceptor returns. Later ones fail. The
// filter waits for those that still run then.
//
// It panics if interceptor or an option is nil.
func UnaryClient(interceptor grpc.UnaryClientInterceptor, opts ...Option) mux.Filter {
	if interceptor == nil {
		panic("grpcfilter: UnaryClient: nil interceptor")
	}
	o := newOptions(opts)
	return func(next mux.Handler) mux.Handler {
		return &client{next: next, interceptor: interceptor, opts: o, methods: newMethods(o)}
	}
}

type client struct {
	next        mux.Handler
	interceptor grpc.UnaryClientInterceptor
	opts        *options
	methods     *methods
}

func (s *client) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	m, err := s.methods.of(req)
	if err != nil {
		return mux.Reply{}, err
	}
	c := &clientCall{client: s, req: req, method: m.info.FullMethod, args: newArgs(req)}
	if c.in, err = c.args.request(m); err != nil {
		return mux.Reply{}, err
	}
	c.answer.set(req, mux.Reply{})
	err = c.intercept(c.context(ctx))
	if c.begun == 1 {
		req.Held = c.held // of more runs, nobody knows which reply the interceptor took
	}
	if err != nil {
		if rep, err, ok := result(c, err); ok {
			return rep, err
		}
		return mux.Reply{}, toError(err, c.begun == 0)
	}
	return c.answer.reply, nil
}

// clientCall is one call on its way through an interceptor.
type clientCall struct {
	*client
	req    *mux.Request
	method string
	in     any // what the interceptor gets as the request
	runs

	held   interface{ Release() } // of the first run's reply
	sent   metadata.MD            // what the interceptor gets as the outgoing metadata
	args   Args
	answer Reply
}

// context returns ctx with the headers of the call as outgoing metadata.
func (c *clientCall) context(ctx context.Context) context.Context {
	if len(c.req.Header) == 0 {
		return ctx
	}
	own, _ := metadata.FromOutgoingContext(ctx)
	c.sent = metadata.Join(toMetadata(c.req.Header), own)
	return metadata.NewOutgoingContext(ctx, c.sent)
}

// intercept runs the interceptor. No call runs any more when it is left, even by a
// panic.
func (c *clientCall) intercept(ctx context.Context) error {
	defer c.finish()
	return c.interceptor(ctx, c.method, c.in, &c.answer, c.opts.conn, c.invoke, c.opts.callOptions(ctx)...)
}

// invoke is the grpc.UnaryInvoker.
func (c *clientCall) invoke(ctx context.Context, method string, in, reply any, _ *grpc.ClientConn, opts ...grpc.CallOption) error {
	before, err := c.begin()
	if err != nil {
		return err
	}
	defer c.end()
	req, err := c.request(ctx, method, in, before)
	if err != nil {
		return err
	}
	if err := c.opts.before(ctx, method, req, opts); err != nil {
		return after(mux.Reply{}, err, opts)
	}
	rep, err := c.next.ServeThrift(ctx, req)
	if before == 0 {
		c.held = req.Held
	}
	var got Reply
	got.set(req, rep)
	err = c.opts.fail(c, method, &got, outcome.Of(req, rep, err), err)
	if err = after(rep, err, opts); err != nil {
		return err
	}
	return got.fill(reply)
}

// request returns the request of one run, of which there were some before. It has
// everything of its own that another run may change or use.
func (c *clientCall) request(ctx context.Context, method string, in any, before int) (*mux.Request, error) {
	req := *c.req
	req.Held = nil
	if before > 0 {
		req.Scratch, req.OnBlock = nil, nil
	}
	var err error
	if req.Body, err = c.args.replacedBy(in, c.in); err != nil {
		return nil, err
	}
	if method != c.method {
		rename(&req, method)
	}
	if md, ok := metadata.FromOutgoingContext(ctx); ok {
		req.Header = replaceMetadata(req.Header, md)
	}
	return &req, nil
}

// fill gives r to what an interceptor passed to the invoker as the reply.
func (r *Reply) fill(reply any) error {
	switch reply := reply.(type) {
	case nil:
	case *Reply:
		*reply = *r
	case thrift.TStruct:
		return r.Decode(reply)
	default:
		return fmt.Errorf("grpcfilter: an interceptor passed on a %T for the reply", reply)
	}
	return nil
}
