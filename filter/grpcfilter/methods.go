package grpcfilter

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc"

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

// methods are the methods of a filter, read without a lock.
type methods struct {
	opts *options

	known atomic.Pointer[map[methodName]*method]
	mu    sync.Mutex // held to replace known
}

func newMethods(opts *options) *methods {
	m := &methods{opts: opts}
	m.known.Store(&map[methodName]*method{})
	return m
}

// of returns the method that req calls, and fails if there is none.
func (m *methods) of(req *mux.Request) (*method, error) {
	if !m.has(req) {
		return nil, mux.Errorf(mux.UnknownMethod, "unknown method %q of service %q", req.Method, req.Service)
	}
	name := methodName{req.Service, req.Method}
	known := *m.known.Load()
	if x, ok := known[name]; ok {
		return x, nil
	}
	path := req.Service + "/" + req.Method
	x := &method{info: &grpc.UnaryServerInfo{FullMethod: "/" + path}, args: m.opts.args[path]}
	if len(known) < maxMethods {
		m.remember(name, x)
	}
	return x, nil
}

func (m *methods) has(req *mux.Request) bool {
	if m.opts.known != nil {
		return m.opts.known(req.Service, req.Method)
	}
	return req.Route == nil || req.Route.MayHave(req.Method)
}

func (m *methods) remember(name methodName, x *method) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := maps.Clone(*m.known.Load())
	if len(known) < maxMethods {
		known[name] = x
		m.known.Store(&known)
	}
}

// rename gives req the names that fullMethod stands for, "/FooApi/echo".
func rename(req *mux.Request, fullMethod string) {
	service, method, ok := strings.Cut(strings.TrimPrefix(fullMethod, "/"), "/")
	if ok {
		req.Service, req.Method = service, method
	}
}
