package filter

import "github.com/oneport-thrift/oneport/filter/internal/memo"

// maxRemembered bounds the names that a rule remembers. A program has fewer;
// clients that make names up only make the rule work for each call.
const maxRemembered = 256

type answer struct {
	renamed string
	ok      bool
}

// remember returns rule with a memory of the first 256 names it is asked for,
// so that these are answered without work and without allocation.
func remember(rule NameRule) NameRule {
	answers := memo.New[string, answer](maxRemembered)
	return func(name string) (string, bool) {
		if a, ok := answers.Get(name); ok {
			return a.renamed, a.ok
		}
		renamed, ok := rule(name)
		answers.Add(name, func() answer { return answer{renamed, ok} })
		return renamed, ok
	}
}
