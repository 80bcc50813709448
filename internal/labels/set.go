// Package labels decides which names that strangers can make up become labels of
// metrics.
package labels

import (
	"maps"
	"sync"
	"sync/atomic"
)

// steps is how often the price of a place doubles while a Set fills.
const steps = 16

// sample is how many candidates are looked at to find one that is given up.
const sample = 16

// Set is a bounded set of names, each of which has been paid for with answered
// calls: the first sixteenth of the places costs one answered call each, the second
// two, the third four, and so on. So a program with few methods has labels at once,
// names that are used once each take no more than a sixteenth, and filling a Set of
// 256 names costs a million calls. A name stays once it is in the Set, because the
// metrics that were made for it stay as well.
//
// Names that have not paid yet are candidates. There are as many as places; for a
// new one, a candidate with few calls is given up, so that a name in steady use
// stays one among any number of names that are used once each. All methods may be
// called concurrently; those about a name in the Set take no lock.
type Set[K comparable] struct {
	most  int
	names atomic.Pointer[map[K]struct{}] // never changed in place

	mu         sync.Mutex // held to change what follows, and to replace names
	candidates map[K]int  // how many calls by the name were answered
}

// New returns an empty Set for most names, a multiple of 16.
func New[K comparable](most int) *Set[K] {
	s := &Set[K]{most: most, candidates: make(map[K]int)}
	s.names.Store(&map[K]struct{}{})
	return s
}

// Has reports whether k is in the Set.
func (s *Set[K]) Has(k K) bool {
	_, ok := (*s.names.Load())[k]
	return ok
}

// Answered counts an answered call by k, and reports whether k is in the Set.
func (s *Set[K]) Answered(k K) bool {
	names := *s.names.Load()
	if _, ok := names[k]; ok || len(names) >= s.most {
		return ok
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	names = *s.names.Load() // another goroutine may have replaced them
	if _, ok := names[k]; ok || len(names) >= s.most {
		return ok
	}
	calls, known := s.candidates[k]
	calls++
	if calls < 1<<(len(names)/(s.most/steps)) {
		if !known && len(s.candidates) >= s.most {
			s.giveUpLocked()
		}
		s.candidates[k] = calls
		return false
	}
	delete(s.candidates, k)
	next := maps.Clone(names)
	next[k] = struct{}{}
	s.names.Store(&next)
	if len(next) >= s.most {
		s.candidates = nil // there are no places left
	}
	return true
}

// giveUpLocked drops the candidate with the fewest calls of some that are picked at
// random.
func (s *Set[K]) giveUpLocked() {
	var least K
	fewest, looked := 0, 0
	for k, calls := range s.candidates { // begins anywhere
		if looked == 0 || calls < fewest {
			least, fewest = k, calls
		}
		if looked++; looked == sample || fewest == 1 {
			break
		}
	}
	delete(s.candidates, least)
}
