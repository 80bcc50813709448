package grpcfilter

import (
	"strings"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"

	"github.com/oneport-thrift/oneport/filter/internal/memo"
	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// maxMethods bounds the methods that a filter remembers; of more, what it needs to
// know is made for each call.
const maxMethods = 1024

// method is what a filter knows of a method.
type method struct {
	info *grpc.UnaryServerInfo
	args func() thrift.TStruct // nil if its arguments are not decoded
}

type methodName struct{ service, method string }

// methods are the methods of a filter.
type methods struct {
	opts  *options
	known *memo.Memo[methodName, *method]
}

func newMethods(opts *options) *methods {
	return &methods{opts: opts, known: memo.New[methodName, *method](maxMethods)}
}

// of returns the method that req calls, and fails if there is none.
func (m *methods) of(req *mux.Request) (*method, error) {
	if !m.has(req) {
		return nil, mux.Refusef(mux.DoNotSendAgain, mux.UnknownMethod, "unknown method %q of service %q", req.Method, req.Service)
	}
	name := methodName{req.Service, req.Method}
	if x, ok := m.known.Get(name); ok {
		return x, nil
	}
	path := req.Service + "/" + req.Method
	x := &method{info: &grpc.UnaryServerInfo{FullMethod: "/" + text.Valid(path)}, args: m.opts.args[path]}
	m.known.Add(name, func() *method { return x })
	return x, nil
}

func (m *methods) has(req *mux.Request) bool {
	if m.opts.known != nil {
		return m.opts.known(req.Service, req.Method)
	}
	return req.Route == nil || req.Route.MayHave(req.Method)
}

// rename gives req the names that fullMethod stands for, "/FooApi/echo".
func rename(req *mux.Request, fullMethod string) {
	service, method, ok := strings.Cut(strings.TrimPrefix(fullMethod, "/"), "/")
	if ok {
		req.Service, req.Method = service, method
	}
}
