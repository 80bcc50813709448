package server

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxNames bounds the names that a server remembers; maxPlain is from where on they
// must say more than that a call by them was answered, as every name is by a service
// that does not list its methods. Strangers can make those up.
const (
	maxNames = 4096
	maxPlain = maxNames / 2
)

// name is the name of a call in its parts, and what is known of the method in a
// generation of the handler. It does not change.
type name struct {
	full, service, method string
	generation            uint64
	kept                  bool // in the table
	oneway                bool // the method has no reply, whatever type its calls have
	quick                 bool // the method never waits
	probe                 bool // Finagle's upgrade probe
}

// names turns the bytes of a name into strings without an allocation, for the
// names that have been answered before. Names are kept after a call by them
// found a method only, so that a stranger cannot fill the table with others; and no
// longer than the handler's methods stay what they were.
type names struct {
	isOneway, isQuick func(service, method string) bool // nil: unknown
	changing          mux.GenerationHandler             // nil: the methods never change

	known atomic.Pointer[nameTable]
	mu    sync.Mutex // held to replace known
}

// nameTable is the names that are kept. It does not change.
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

// of returns the name that b spells, as of a generation. b is not kept.
func (t *names) of(b []byte, generation uint64) *name {
	if known := t.known.Load(); known != nil && known.generation == generation {
		if n, ok := known.names[string(b)]; ok {
			return n
		}
	}
	full := string(b)
	service, method := wire.SplitName(full)
	n := &name{full: full, service: service, method: method, generation: generation, probe: full == upgradeProbe}
	if t.isOneway != nil {
		n.oneway = t.isOneway(service, method)
	}
	if t.isQuick != nil {
		n.quick = t.isQuick(service, method)
	}
	return n
}

// nameOf is names.of for the goroutine that reads: most calls of a connection
// have the name of the last one.
func (c *connection) nameOf(b []byte) *name {
	t := &c.srv.names
	now := t.generation()
	if n := c.last; n != nil && n.generation == now && n.full == string(b) {
		return n
	}
	n := t.of(b, now)
	if n.kept {
		c.last = n
	}
	return n
}

// keep remembers a name that was found to mean something, and whether its method
// turned out to be oneway; not if the handler has changed since the name was made,
// for then nobody knows which one the call has met.
func (t *names) keep(n *name, route *mux.Route, oneway bool) {
	oneway = oneway || n.oneway
	limit := maxPlain
	if oneway || route.MayHave(n.method) && route.Methods() != nil {
		limit = maxNames
	}
	if known := t.known.Load(); known != nil && known.generation == n.generation && len(known.names) >= limit {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n.generation != t.generation() {
		return
	}
	next := &nameTable{n.generation, map[string]*name{}}
	if old := t.known.Load(); old != nil && old.generation == n.generation {
		if _, ok := old.names[n.full]; ok || len(old.names) >= limit {
			return
		}
		next.names = maps.Clone(old.names)
	}
	kept := *n
	kept.kept, kept.oneway = true, oneway
	next.names[n.full] = &kept
	t.known.Store(next)
}
