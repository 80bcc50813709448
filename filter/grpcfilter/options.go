package grpcfilter

import (
	"fmt"
	"maps"
	"strings"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// Option changes how a filter runs its interceptor.
type Option func(*options)

type options struct {
	args      map[string]func() thrift.TStruct // by method, without the slash in front
	exception func(method string, rep *Reply) codes.Code
	known     func(service, method string) bool
	callOpts  []grpc.CallOption
	conn      *grpc.ClientConn
	secure    bool
}

func newOptions(opts []Option) *options {
	o := &options{args: map[string]func() thrift.TStruct{}}
	for i, opt := range opts {
		if opt == nil {
			panic(fmt.Sprintf("grpcfilter: option %d of %d is nil (counted from 0)", i, len(opts)))
		}
		opt(o)
	}
	o.args = maps.Clone(o.args)
	return o
}

// WithArgs hands interceptors the decoded arguments of method, which is written
// "FooApi/echo", as what newStruct returns: the args struct of the stub, or a type
// of the user's own around it, which can have a Validate method. Arguments that
// cannot be decoded fail the call with ProtocolError before an interceptor runs.
//
// The struct is a copy: what an interceptor changes in it goes nowhere. One that
// wants other arguments passes on another struct.
//
// A method of the default service is written "//echo". WithArgs panics if method is
// not written so, or newStruct is nil.
func WithArgs(method string, newStruct func() thrift.TStruct) Option {
	name := strings.TrimPrefix(method, "/")
	if _, bare, ok := strings.Cut(name, "/"); !ok || bare == "" {
		panic(fmt.Sprintf("grpcfilter: WithArgs: method %q is not written as %q, or %q of the default service", method, "Service/method", "//method"))
	}
	if newStruct == nil {
		panic(fmt.Sprintf("grpcfilter: WithArgs(%q): nil func", method))
	}
	return func(o *options) { o.args[name] = newStruct }
}

// WithExceptions sets what an exception declared in the IDL counts as: the code
// that rule returns is that of the error which interceptors get. codes.OK, which
// is what all of them count as without a rule, means that the call succeeded. The
// client gets the exception in any case, unless an interceptor makes another error
// of it.
func WithExceptions(rule func(method string, rep *Reply) codes.Code) Option {
	return func(o *options) { o.exception = rule }
}

// WithKnown sets which methods there are, in the place of those that a service
// lists: calls of others are answered UnknownMethod and reach no interceptor. Use
// it where strangers can make up names and interceptors keep what they see, as
// those for metrics do: on a server's filter, and on services of raw bytes.
func WithKnown(known func(service, method string) bool) Option {
	return func(o *options) { o.known = known }
}

// WithCallOptions hands opts to a client's interceptor with every call, before
// those that [CallOptions] put into the call's context. Of gRPC's own, Header and
// Trailer, OnFinish, MaxCallRecvMsgSize and MaxCallSendMsgSize, and
// PerRPCCredentials do what they do in gRPC; others have no meaning for Thrift and
// are ignored.
func WithCallOptions(opts ...grpc.CallOption) Option {
	return func(o *options) { o.callOpts = append(o.callOpts, opts...) }
}

// WithClientConn hands conn to a client's interceptor, for those that ask it for
// its target. Without it they get nil: the call does not go through gRPC.
func WithClientConn(conn *grpc.ClientConn) Option {
	return func(o *options) { o.conn = conn }
}

// WithTransportSecurity says that the client's connections are private, with TLS
// or otherwise. Credentials that insist on it fail the call without.
func WithTransportSecurity() Option {
	return func(o *options) { o.secure = true }
}
