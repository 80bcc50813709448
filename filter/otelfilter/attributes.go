package otelfilter

import (
	"net"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/oneport-thrift/oneport/filter/internal/callnames"
	"github.com/oneport-thrift/oneport/filter/internal/memo"
	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
)

// system is the value of rpc.system.name.
var system = semconv.RPCSystemNameKey.String("thrift")

// otherMethod is the value of rpc.method for methods that are not known.
const otherMethod = "_OTHER"

// methods are the values of rpc.method, by name.
type methods struct {
	client *callnames.Client // nil for a server
	known  *memo.Memo[callnames.Name, string]
}

func newMethods(client bool) methods {
	if !client { // those of a server are bounded by its routes
		return methods{known: memo.New[callnames.Name, string](0)}
	}
	return methods{callnames.NewClient(), memo.New[callnames.Name, string](callnames.Max)}
}

// of returns the value for req, with the route that has been found by now.
func (m methods) of(req *mux.Request, answered bool) string {
	var name callnames.Name
	switch {
	case req.Route != nil:
		name.Service, name.Method = req.Labels()
		if name.Method != text.Label(req.Method) {
			return otherMethod
		}
	case m.client != nil:
		var ok bool
		if name, ok = m.client.Of(req, answered); !ok {
			return otherMethod
		}
	default:
		return otherMethod
	}
	if path, ok := m.known.Get(name); ok {
		return path
	}
	if path, ok := m.known.Add(name, func() string { return name.Service + "/" + name.Method }); ok {
		return path
	}
	return otherMethod
}

// spanName returns the name of req as it came, in valid UTF-8.
func spanName(req *mux.Request) string {
	return text.Label(req.Service) + "/" + text.Label(req.Method)
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
			return append(attrs, address.String(text.Label(a.Name)))
		}
	}
	return attrs
}
