package filter

import (
	"maps"
	"sync"
	"sync/atomic"
)

// maxRemembered bounds the names that a rule remembers. A program has fewer;
// clients that make names up only make the rule work for each call.
const maxRemembered = 256

// remembered is what a rule said of some names, read without a lock.
type remembered struct {
	rule    NameRule
	answers atomic.Pointer[map[string]answer]
	mu      sync.Mutex // held to replace answers
}

type answer struct {
	renamed string
	ok      bool
}

// remember returns rule with a memory of the first 256 names it is asked for,
// so that these are answered without work and without allocation.
func remember(rule NameRule) NameRule {
	r := &remembered{rule: rule}
	r.answers.Store(&map[string]answer{})
	return r.rename
}

func (r *remembered) rename(name string) (string, bool) {
	answers := *r.answers.Load()
	if a, ok := answers[name]; ok {
		return a.renamed, a.ok
	}
	renamed, ok := r.rule(name)
	if len(answers) < maxRemembered {
		r.add(name, answer{renamed, ok})
	}
	return renamed, ok
}

func (r *remembered) add(name string, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	answers := maps.Clone(*r.answers.Load())
	if len(answers) < maxRemembered {
		answers[name] = a
		r.answers.Store(&answers)
	}
}
