package mux

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/apache/thrift/lib/go/thrift"
)

// Mux is a Handler that passes each call to the service it names. Its table can
// be changed while it serves; calls that run go on with the route they have. The
// zero Mux is empty and ready. All methods may be called concurrently.
type Mux struct {
	names      atomic.Pointer[map[string]*Route] // by service name and alias; never changed in place
	generation atomic.Uint64                     // moves on after names

	mu    sync.Mutex // held to change the table
	table *Table
}

// New returns an empty Mux.
func New() *Mux { return new(Mux) }

// Update calls change with a copy of the table and swaps it in if change returns
// nil and every alias points to a service. On an error the old table stays, and
// the error is returned. Readers never wait.
//
// What calls have taught about a service (see [OnewayHandler]) is kept by each
// change that leaves its handler where it is. It is also kept by one that removes the
// service and adds the same handler or processor under the same name, provided that
// values of its type can be compared, as pointers can and funcs cannot.
func (m *Mux) Update(change func(*Table) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.table.clone()
	if err := change(t); err != nil {
		return err
	}
	names, err := t.resolve()
	if err != nil {
		return err
	}
	t.inherit(m.table)
	m.table = t
	m.names.Store(&names)
	m.generation.Add(1)
	return nil
}

// Register is Update with [Table.Register]. It panics on an error: a bad or
// duplicate name is a mistake of the program, seen at its start.
func (m *Mux) Register(service string, p thrift.TProcessor, filters ...Filter) {
	m.must(func(t *Table) error { return t.Register(service, p, filters...) })
}

// Handle is Update with [Table.Handle]. It panics on an error, as Register does.
func (m *Mux) Handle(service string, h Handler, filters ...Filter) {
	m.must(func(t *Table) error { return t.Handle(service, h, filters...) })
}

// Alias is Update with [Table.Alias]. It panics on an error, as Register does.
func (m *Mux) Alias(alias, service string) {
	m.must(func(t *Table) error { return t.Alias(alias, service) })
}

func (m *Mux) must(change func(*Table) error) {
	if err := m.Update(change); err != nil {
		panic(err)
	}
}

// Lookup returns the route that a service name or an alias leads to, or nil.
func (m *Mux) Lookup(service string) *Route {
	if names := m.names.Load(); names != nil {
		return (*names)[service]
	}
	return nil
}

// ServeThrift passes the call to the service that req.Service names. A name that
// is not in the table is an UnknownMethod error.
func (m *Mux) ServeThrift(ctx context.Context, req *Request) (rep Reply, err error) {
	if r := m.Lookup(req.Service); r != nil {
		err = r.serve(ctx, req, &rep)
		return rep, err
	}
	if req.Service == "" {
		return rep, Refusef(DoNotSendAgain, UnknownMethod, "no default service for method %q: name it as Service:method", req.Method)
	}
	return rep, Refusef(DoNotSendAgain, UnknownMethod, "unknown service %q", req.Service)
}
