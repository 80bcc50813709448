// Package grpcresolver finds a client's endpoints with the resolvers that exist
// for gRPC: DNS, etcd, Consul, Kubernetes and others.
//
//	c := &client.Client{
//		Target:   "etcd:///services/foo",
//		Resolver: grpcresolver.New(etcdBuilder),
//	}
package grpcresolver

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/oneport-thrift/oneport/client"
)

// New returns a resolver that watches targets with b. A target is a URL as for
// gRPC, "scheme://authority/endpoint"; without a scheme it is the endpoint alone.
//
// Of what gRPC's resolvers find, addresses and server names are used: of an
// endpoint with several addresses the first. Service configs and attributes are
// not. A nil b is an error of every call of the client.
func New(b resolver.Builder) client.Resolver { return &builder{b} }

type builder struct{ resolver.Builder }

// Watch implements client.Resolver.
func (b *builder) Watch(target string, update func([]client.Endpoint, error)) (client.Watcher, error) {
	if b.Builder == nil {
		return nil, errNoBuilder
	}
	if target == "" {
		return nil, errNoTarget
	}
	if !strings.Contains(target, ":/") {
		target = b.Scheme() + ":///" + target
	}
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("grpcresolver: target %q: %w", target, err)
	}
	w := &watcher{update: update}
	r, err := b.Build(resolver.Target{URL: *u}, w, resolver.BuildOptions{DisableServiceConfig: true})
	if err != nil {
		return nil, fmt.Errorf("grpcresolver: target %q: %w", target, err)
	}
	w.resolver = r
	return w, nil
}

// watcher is what gRPC's resolver takes for gRPC, and the client for its watch.
type watcher struct {
	resolver.ClientConn // for methods that gRPC may add; nil
	resolver            resolver.Resolver

	mu     sync.Mutex // held while update runs
	update func([]client.Endpoint, error)
	closed bool
}

var (
	errNoBuilder   = errors.New("grpcresolver: New was given a nil Builder")
	errNoTarget    = errors.New("grpcresolver: Target is empty")
	errNoEndpoints = errors.New("grpcresolver: no endpoints")
	errNoConfigs   = errors.New("grpcresolver: service configs are not used")
)

// UpdateState implements resolver.ClientConn.
func (w *watcher) UpdateState(s resolver.State) error {
	list := endpoints(s)
	w.tell(list, nil)
	if len(list) == 0 {
		return errNoEndpoints // which has resolvers that poll look again soon
	}
	return nil
}

// ReportError implements resolver.ClientConn.
func (w *watcher) ReportError(err error) { w.tell(nil, err) }

// NewAddress implements resolver.ClientConn.
func (w *watcher) NewAddress(addresses []resolver.Address) {
	w.UpdateState(resolver.State{Addresses: addresses})
}

// ParseServiceConfig implements resolver.ClientConn.
func (w *watcher) ParseServiceConfig(string) *serviceconfig.ParseResult {
	return &serviceconfig.ParseResult{Err: errNoConfigs}
}

func (w *watcher) tell(list []client.Endpoint, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.update(list, err)
	}
}

// Refresh implements client.Watcher.
func (w *watcher) Refresh() { w.resolver.ResolveNow(resolver.ResolveNowOptions{}) }

// Close implements client.Watcher.
func (w *watcher) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.resolver.Close()
}

// endpoints returns what of a state the client uses.
func endpoints(s resolver.State) []client.Endpoint {
	var list []client.Endpoint
	for _, e := range s.Endpoints {
		if len(e.Addresses) > 0 {
			list = append(list, endpoint(e.Addresses[0]))
		}
	}
	if len(s.Endpoints) == 0 {
		for _, a := range s.Addresses {
			list = append(list, endpoint(a))
		}
	}
	return list
}

func endpoint(a resolver.Address) client.Endpoint {
	return client.Endpoint{Addr: a.Addr, ServerName: a.ServerName}
}
