package mux

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/internal/labels"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// Table is the set of services that a Mux routes to, as seen and changed in
// [Mux.Update]. It is not safe for concurrent use and of no use after Update has
// returned.
type Table struct {
	routes  map[string]*Route
	aliases map[string]string // alias to the name of a service
	// labels are those of every service there ever was that did not list its
	// methods: who collects metrics keeps them too, so a new handler must not admit
	// as many again.
	labels map[string]*labels.Set[string]
}

// Register adds the service of a generated processor. The processor is not
// changed, and may be registered under several names. An empty service is the
// default, which gets the calls with bare method names. A
// thrift.TMultiplexedProcessor, which routes by names itself, is an error: its
// processors are registered one by one.
func (t *Table) Register(service string, p thrift.TProcessor, filters ...Filter) error {
	if err := checkProcessor(p); err != nil {
		return fmt.Errorf("mux: service %q: %w", service, err)
	}
	return t.Handle(service, Processor(p), filters...)
}

// Handle adds a service that h answers. Its filters run inside the server's; the
// first is the outermost. h's panics are caught innermost. A handler or a filter that
// is nil is an error, and so is a [Quick] method that h is known not to have.
func (t *Table) Handle(service string, h Handler, filters ...Filter) error {
	if err := checkHandler(h); err != nil {
		return fmt.Errorf("mux: service %q: %w", service, err)
	}
	if err := t.vacant(service); err != nil {
		return err
	}
	r, err := newRoute(service, h, filters)
	if err != nil {
		return fmt.Errorf("mux: service %q: %w", service, err)
	}
	if r.methods == nil {
		r.labels = t.labelsOf(service)
	}
	t.routes[service] = r
	return nil
}

func (t *Table) labelsOf(service string) *labels.Set[string] {
	set, ok := t.labels[service]
	if !ok {
		set = labels.New[string](maxLabels)
		t.labels[service] = set
	}
	return set
}

// Alias makes service answer to another name as well: its route, filters and
// labels stay those of service. Alias("", s) makes s the default for bare method
// names. The service must stand in the table when Update ends, not before.
func (t *Table) Alias(alias, service string) error {
	if err := t.vacant(alias); err != nil {
		return err
	}
	if alias == service {
		return fmt.Errorf("mux: alias %q of itself", alias)
	}
	t.aliases[alias] = service
	return nil
}

// Remove takes away a service or an alias. A service can only go if the aliases
// that point to it have gone, or it has been added anew, when Update ends.
func (t *Table) Remove(name string) error {
	if _, ok := t.aliases[name]; ok {
		delete(t.aliases, name)
		return nil
	}
	if _, ok := t.routes[name]; !ok {
		return fmt.Errorf("mux: no service %q to remove", name)
	}
	delete(t.routes, name)
	return nil
}

// vacant reports why name cannot be given to a service.
func (t *Table) vacant(name string) error {
	switch {
	case strings.Contains(name, ":"):
		return fmt.Errorf("mux: service %q: a name ends at the first colon, so it cannot hold one", name)
	case strings.HasPrefix(name, "["):
		return fmt.Errorf("mux: service %q: a name cannot begin with '[', which opens a JSON message", name)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("mux: service %q: a name cannot hold control characters, by which unframed calls to it would be taken for something else", name)
	case len(name) > wire.DefaultName/2:
		return fmt.Errorf("mux: a service name of %d bytes is over the limit of %d", len(name), wire.DefaultName/2)
	}
	if _, ok := t.routes[name]; ok {
		return fmt.Errorf("mux: service %q is already registered", name)
	}
	if to, ok := t.aliases[name]; ok {
		return fmt.Errorf("mux: service %q is already registered, as an alias of %q", name, to)
	}
	return nil
}

// clone returns a table that can be changed without t's readers noticing.
func (t *Table) clone() *Table {
	if t == nil {
		return &Table{routes: map[string]*Route{}, aliases: map[string]string{}, labels: map[string]*labels.Set[string]{}}
	}
	return &Table{routes: maps.Clone(t.routes), aliases: maps.Clone(t.aliases), labels: maps.Clone(t.labels)}
}

// resolve returns the routes by every name they answer to.
func (t *Table) resolve() (map[string]*Route, error) {
	names := maps.Clone(t.routes)
	var errs []error
	for alias, service := range t.aliases {
		r, ok := t.routes[service]
		if to, isAlias := t.aliases[service]; isAlias && !ok {
			errs = append(errs, fmt.Errorf("mux: alias %q points to service %q, which is an alias itself: name its service, %q", alias, service, to))
			continue
		}
		if !ok {
			errs = append(errs, fmt.Errorf("mux: alias %q points to service %q, which is not in the table", alias, service))
			continue
		}
		names[alias] = r
	}
	return names, errors.Join(errs...)
}

// inherit gives what calls have taught about the services of old to those of t that
// have the same handler.
func (t *Table) inherit(old *Table) {
	if old == nil {
		return
	}
	for service, r := range t.routes {
		if before := old.routes[service]; before != nil && before != r && r.inherits(before) {
			r.oneways = before.oneways
		}
	}
}
