package grpcresolver_test

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/client/grpcresolver"
	"github.com/oneport-thrift/oneport/mux"
)

// seen is what a client was told.
type seen struct {
	list []client.Endpoint
	err  error
}

func TestWatch(t *testing.T) {
	m := manual.NewBuilderWithScheme("test")
	var target resolver.Target
	m.BuildCallback = func(got resolver.Target, _ resolver.ClientConn, _ resolver.BuildOptions) { target = got }
	refreshed, closed := 0, 0
	m.ResolveNowCallback = func(resolver.ResolveNowOptions) { refreshed++ }
	m.CloseCallback = func() { closed++ }
	m.InitialState(resolver.State{Addresses: []resolver.Address{{Addr: "10.0.0.1:9090"}}})
	var last seen
	w, err := grpcresolver.New(m).Watch("foo", func(list []client.Endpoint, err error) { last = seen{list, err} })
	if err != nil {
		t.Fatal(err)
	}
	if target.URL.Scheme != "test" || target.Endpoint() != "foo" {
		t.Errorf("the builder got the target %v", target)
	}
	want(t, last, "10.0.0.1:9090")

	m.UpdateState(resolver.State{Endpoints: []resolver.Endpoint{
		{Addresses: []resolver.Address{{Addr: "10.0.0.2:9090", ServerName: "two"}, {Addr: "[::2]:9090"}}},
		{},
		{Addresses: []resolver.Address{{Addr: "10.0.0.3:9090"}}},
	}})
	want(t, last, "10.0.0.2:9090", "10.0.0.3:9090")
	if last.list[0].ServerName != "two" {
		t.Errorf("the server name is %q", last.list[0].ServerName)
	}

	broken := errors.New("no such host")
	m.CC().ReportError(broken)
	if last.err != broken {
		t.Errorf("the client was told %v, want %v", last.err, broken)
	}
	m.UpdateState(resolver.State{})
	want(t, last)

	w.Refresh()
	w.Close()
	if refreshed != 1 || closed != 1 {
		t.Errorf("the resolver was refreshed %d times and closed %d times, want 1 and 1", refreshed, closed)
	}
	m.UpdateState(resolver.State{Addresses: []resolver.Address{{Addr: "10.0.0.9:9090"}}})
	want(t, last)
}

func want(t *testing.T, got seen, addrs ...string) {
	t.Helper()
	var have []string
	for _, e := range got.list {
		have = append(have, e.Addr)
	}
	if !slices.Equal(have, addrs) || got.err != nil {
		t.Errorf("the client was told %v, %v, want %v", have, got.err, addrs)
	}
}

func TestBrokenTarget(t *testing.T) {
	m := manual.NewBuilderWithScheme("test")
	if _, err := grpcresolver.New(m).Watch("test://%zz/foo", nil); err == nil {
		t.Error("a target that is no URL was watched")
	}
	c := &client.Client{Target: "test://%zz/foo", Resolver: grpcresolver.New(m)}
	_, err := c.Service("FooApi").Call(t.Context(), "echo", nil, nil)
	var e *client.Error
	if !errors.As(err, &e) || e.NotRun == mux.MayHaveRun || client.IsRetriable(err) {
		t.Errorf("a call gives %v", err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWithoutABuilderOrATarget(t *testing.T) {
	update := func([]client.Endpoint, error) { t.Error("updated") }
	if _, err := grpcresolver.New(nil).Watch("foo", update); err == nil {
		t.Error("no builder, and no error")
	}
	if _, err := grpcresolver.New(manual.NewBuilderWithScheme("test")).Watch("", update); err == nil {
		t.Error("no target, and no error")
	}
}
