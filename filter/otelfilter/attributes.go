package otelfilter

import (
	"net"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/oneport-thrift/oneport/filter/internal/memo"
	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	"github.com/oneport-thrift/oneport/mux"
)

// system is the value of rpc.system.name.
var system = semconv.RPCSystemNameKey.String("thrift")

// otherMethod is the value of rpc.method for methods that are not known.
const otherMethod = "_OTHER"

// maxMethods bounds the methods of a client without routes.
const maxMethods = 1024

// methodName is the name of a method as it came, or the labels of one.
type methodName struct{ service, method string }

// methods are the values of rpc.method, by name.
type methods struct {
	client bool
	known  *memo.Memo[methodName, string]
}

func newMethods(client bool) methods {
	most := 0 // those of a server are bounded by its routes
	if client {
		most = maxMethods
	}
	return methods{client, memo.New[methodName, string](most)}
}

// of returns the value for req, with the route that has been found by now.
func (m methods) of(req *mux.Request) string {
	name := methodName{req.Service, req.Method}
	switch {
	case req.Route != nil:
		name.service, name.method = req.Labels()
		if name.method != req.Method {
			return otherMethod
		}
	case !m.client:
		return otherMethod
	}
	if path, ok := m.known.Get(name); ok {
		return path
	}
	if path, ok := m.known.Add(name, func() string { return name.service + "/" + name.method }); ok {
		return path
	}
	return otherMethod
}

// result is what the attributes of a metric depend on.
type result struct{ method, status string }

// sets are the attributes of metrics.
type sets struct {
	known *memo.Memo[result, attribute.Set]
}

func (s sets) of(method string, o outcome.Outcome) attribute.Set {
	r := result{method, o.Label()}
	if set, ok := s.known.Get(r); ok {
		return set
	}
	set, _ := s.known.Add(r, func() attribute.Set {
		return attribute.NewSet(append(statusAttributes(o), system, semconv.RPCMethod(method))...)
	})
	return set
}

// statusAttributes say what became of a call.
func statusAttributes(o outcome.Outcome) []attribute.KeyValue {
	status := o.Label()
	if o.Err == nil {
		return []attribute.KeyValue{semconv.RPCResponseStatusCode(status)}
	}
	return []attribute.KeyValue{semconv.RPCResponseStatusCode(status), semconv.ErrorTypeKey.String(status)}
}

// peerAttributes say between whom a connection is.
func peerAttributes(p *mux.Peer) []attribute.KeyValue {
	if p == nil {
		return nil
	}
	attrs := make([]attribute.KeyValue, 0, 6)
	direct := p.Addr
	if p.Proxy != nil {
		direct = p.Proxy
	}
	attrs = appendAddr(attrs, p.Addr, semconv.ClientAddressKey, semconv.ClientPortKey)
	attrs = appendAddr(attrs, direct, semconv.NetworkPeerAddressKey, semconv.NetworkPeerPortKey)
	return appendAddr(attrs, p.Local, semconv.ServerAddressKey, semconv.ServerPortKey)
}

func appendAddr(attrs []attribute.KeyValue, a net.Addr, address, port attribute.Key) []attribute.KeyValue {
	switch a := a.(type) {
	case *net.TCPAddr:
		return append(attrs, address.String(a.IP.String()), port.Int(a.Port))
	case *net.UnixAddr:
		if a.Name != "" && a.Name != "@" {
			return append(attrs, address.String(a.Name))
		}
	}
	return attrs
}
