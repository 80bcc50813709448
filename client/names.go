package client

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxNames bounds the names that a client remembers.
const maxNames = 4096

// names joins the names of service and method without an allocation, for those
// that were joined before. The zero names is empty.
type names struct {
	known atomic.Pointer[map[name]string] // replaced, never changed
	mu    sync.Mutex                      // held to replace known
}

type name struct{ service, method string }

// join returns the name on the wire.
func (t *names) join(service, method string) string {
	if service == "" {
		return wire.JoinName(service, method)
	}
	key := name{service, method}
	if known := t.known.Load(); known != nil {
		if full, ok := (*known)[key]; ok {
			return full
		}
	}
	full := wire.JoinName(service, method)
	t.mu.Lock()
	defer t.mu.Unlock()
	known := map[name]string{}
	if old := t.known.Load(); old != nil {
		if len(*old) >= maxNames {
			return full
		}
		known = maps.Clone(*old)
	}
	known[key] = full
	t.known.Store(&known)
	return full
}
