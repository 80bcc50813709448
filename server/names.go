package server

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxNames bounds the names that a server remembers.
const maxNames = 4096

// name is the name of a call in its parts. It does not change.
type name struct {
	full, service, method string
	kept                  bool // in the table
	oneway                bool // the method has no reply, whatever type its calls have
	quick                 bool // the method never waits
	probe                 bool // Finagle's upgrade probe
}

// names turns the bytes of a name into strings without an allocation, for the
// names that have been answered before. Names are kept after a call by them
// found a method only, so that a stranger cannot fill the table with others.
type names struct {
	isOneway, isQuick func(service, method string) bool // nil: unknown

	known atomic.Pointer[map[string]*name] // replaced, never changed
	mu    sync.Mutex                       // held to replace known
}

// of returns the name that b spells. b is not kept.
func (t *names) of(b []byte) *name {
	if known := t.known.Load(); known != nil {
		if n, ok := (*known)[string(b)]; ok {
			return n
		}
	}
	full := string(b)
	service, method := wire.SplitName(full)
	n := &name{full: full, service: service, method: method, probe: full == upgradeProbe}
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
	if n := c.last; n != nil && n.full == string(b) {
		return n
	}
	n := c.srv.names.of(b)
	if n.kept {
		c.last = n
	}
	return n
}

// keep remembers a name that was found to mean something, and whether its method
// turned out to be oneway.
func (t *names) keep(n *name, oneway bool) {
	if known := t.known.Load(); known != nil && len(*known) >= maxNames {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	known := map[string]*name{}
	if old := t.known.Load(); old != nil {
		if _, ok := (*old)[n.full]; ok || len(*old) >= maxNames {
			return
		}
		known = maps.Clone(*old)
	}
	kept := *n
	kept.kept, kept.oneway = true, n.oneway || oneway
	known[n.full] = &kept
	t.known.Store(&known)
}
