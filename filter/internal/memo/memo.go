// Package memo remembers what was found for keys that clients can make up, so
// that there may be no end of them.
package memo

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Memo remembers a value for each of the first keys that are added. Get takes no
// lock and does not allocate; Add copies all there is, which is rare where keys
// are the names of a program. All methods may be called concurrently.
type Memo[K comparable, V any] struct {
	most   int
	values atomic.Pointer[map[K]V] // never changed in place
	mu     sync.Mutex              // held to replace values
}

// New returns a Memo for at most that many keys; 0 means any number.
func New[K comparable, V any](most int) *Memo[K, V] {
	m := &Memo[K, V]{most: most}
	m.values.Store(&map[K]V{})
	return m
}

// Get returns the value of k, and whether there is one.
func (m *Memo[K, V]) Get(k K) (v V, ok bool) {
	v, ok = (*m.values.Load())[k]
	return v, ok
}

// Add gives k the value that make returns, unless it has one, and returns the one
// it has. If there is no room for k, make is not called and ok is false. make must
// not use the Memo.
func (m *Memo[K, V]) Add(k K, make func() V) (v V, ok bool) {
	if v, ok := m.Get(k); ok || m.full() {
		return v, ok
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.Get(k); ok || m.full() {
		return v, ok
	}
	values := maps.Clone(*m.values.Load())
	v = make()
	values[k] = v
	m.values.Store(&values)
	return v, true
}

func (m *Memo[K, V]) full() bool { return m.most > 0 && len(*m.values.Load()) >= m.most }

// All calls yield with what there is, in no order.
func (m *Memo[K, V]) All(yield func(K, V) bool) {
	for k, v := range *m.values.Load() {
		if !yield(k, v) {
			return
		}
	}
}
