package server

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxNames is how many names a server remembers. Above maxPlain, only names of oneway or
// listed methods are added: a service that does not list its methods answers any name,
// so strangers could fill the table.
const (
	maxNames = 4096
	maxPlain = maxNames / 2
)

// name is the name of a call in its parts, and what is known of the method. It does
// not change.
type name struct {
	full, service, method string

	generation uint64 // the handler's when the name was made
	// route is the one that answered a call by the name, if the name is in the table.
	// renamed says that the name led there only through the server's filters.
	route   *mux.Route
	renamed bool
	learned bool // the route's handler answered such a call as one of a oneway method
	oneway  bool // the method has no reply, whatever type its calls have
	quick   bool // the method never waits
	probe   bool // Finagle's upgrade probe
}

// names turns the bytes of a name into strings without an allocation, for the
// names that have been answered before. Names are kept after a call by them
// found a method only, so that a stranger cannot fill the table with others; and no
// longer than they lead to the route that they led to then.
type names struct {
	isOneway, isQuick func(service, method string) bool // nil: unknown
	changing          mux.GenerationHandler             // nil: the methods never change

	known atomic.Pointer[nameTable]
	mu    sync.Mutex // held to replace known
}

// nameTable is the names that are kept, as of a generation of the handler. It does
// not change.
type nameTable struct {
	generation uint64
	names      map[string]*name
}

// generation returns that of the handler. What is asked of the handler afterwards
// is no older.
func (t *names) generation() uint64 {
	if t.changing == nil {
		return 0
	}
	return t.changing.Generation()
}

// at returns the table as of a generation or a later one; nil if it is empty.
func (t *names) at(generation uint64) *nameTable {
	known := t.known.Load()
	if known == nil || known.generation == generation {
		return known
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.renewLocked()
}

// renewLocked brings the table to the handler's generation: names that no longer lead
// to their route are left out, and what the handler says of the others is asked anew.
// What calls have taught stays.
func (t *names) renewLocked() *nameTable {
	known, now := t.known.Load(), t.generation()
	if known == nil || known.generation == now {
		return known
	}
	next := &nameTable{now, make(map[string]*name, len(known.names))}
	for full, n := range known.names {
		if !t.leadsToItsRoute(n) {
			continue
		}
		if said := t.ask(n); said.oneway != n.oneway || said.quick != n.quick {
			n = &said
		}
		next.names[full] = n
	}
	t.known.Store(next)
	return next
}

// leadsToItsRoute reports whether a name that was kept still has the same route. A name
// that the server's filters change is taken to be changed in the same way again, as
// long as there is no service of the name itself.
func (t *names) leadsToItsRoute(n *name) bool {
	r := t.changing.Lookup(n.service)
	if n.renamed && r == nil {
		r = t.changing.Lookup(n.route.Service)
		return r == n.route
	}
	return r == n.route && !n.renamed
}

// ask returns n with what the handler says of its method now.
func (t *names) ask(n *name) name {
	said := *n
	said.oneway = n.learned || t.isOneway != nil && t.isOneway(n.service, n.method)
	said.quick = t.isQuick != nil && t.isQuick(n.service, n.method)
	return said
}

// of returns the name that b spells, as of a generation or a later one. b is not
// kept.
func (t *names) of(b []byte, generation uint64) *name {
	if known := t.at(generation); known != nil {
		if n, ok := known.names[string(b)]; ok {
			return n
		}
	}
	full := string(b)
	service, method := wire.SplitName(full)
	n := t.ask(&name{full: full, service: service, method: method, generation: generation, probe: full == upgradeProbe})
	return &n
}

// nameOf is names.of for the goroutine that reads: most calls of a connection
// have the name of the last one.
func (c *connection) nameOf(b []byte) *name {
	t := &c.srv.names
	now := t.generation()
	if n := c.last; n != nil && c.lastAsOf == now && n.full == string(b) {
		return n
	}
	n := t.of(b, now)
	if n.route != nil {
		c.last, c.lastAsOf = n, now
	}
	return n
}

// keep remembers a name by which a call was answered on a route, and whether its
// method turned out to be oneway; not if the handler has changed since the name was
// made, for then nobody knows which one the call has met.
func (t *names) keep(n *name, route *mux.Route, oneway bool) {
	limit := maxPlain
	if oneway || n.oneway || route.MayHave(n.method) && route.Methods() != nil {
		limit = maxNames
	}
	if known := t.known.Load(); known != nil && known.generation == n.generation && len(known.names) >= limit {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := *n
	kept.route, kept.learned, kept.oneway = route, oneway, oneway || n.oneway
	kept.renamed = t.changing != nil && t.changing.Lookup(n.service) != route
	old := t.renewLocked()
	if n.generation != t.generation() { // asked last: the route is no older
		return
	}
	next := &nameTable{n.generation, map[string]*name{}}
	if old != nil {
		if _, ok := old.names[n.full]; ok || len(old.names) >= limit {
			return
		}
		next.names = maps.Clone(old.names)
	}
	next.names[n.full] = &kept
	t.known.Store(next)
}
