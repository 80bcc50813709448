package filter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/filter"
)

// What a filter cannot do is a panic where it is made, which names what is wrong.
func TestMistakesOfTheProgram(t *testing.T) {
	known := filter.Prefix("a", "b")
	for text, make := range map[string]func(){
		"filter: Limit(0) lets no call run":                        func() { filter.Limit(0) },
		"filter: Limit(-1) lets no call run":                       func() { filter.Limit(-1) },
		"filter: RenameService: rule 1 of 2 is nil":                func() { filter.RenameService(known, nil) },
		"filter: RenameMethod: rule 0 of 1 is nil":                 func() { filter.RenameMethod(nil) },
		"filter: PassDeadline needs the name of a header":          func() { filter.PassDeadline("") },
		"filter: Deadlines.Default of -1s is negative":             func() { filter.Deadline(filter.Deadlines{Default: -time.Second}) },
		"filter: Deadlines.Max of -1s is negative":                 func() { filter.Deadline(filter.Deadlines{Max: -time.Second, Header: "h"}) },
		"filter: Deadlines.Max of 1s bounds nothing":               func() { filter.Deadline(filter.Deadlines{Max: time.Second}) },
		`filter: Deadlines.Methods["Foo:echo"] of -1s is negative`: func() { filter.Deadline(deadlinesOf("Foo:echo", -time.Second)) },
		`filter: Deadlines.Methods["Foo:"] names no method`:        func() { filter.Deadline(deadlinesOf("Foo:", time.Second)) },
		`filter: Deadlines.Methods[""] names no method`:            func() { filter.Deadline(deadlinesOf("", time.Second)) },
		"is listed twice": func() {
			filter.Deadline(filter.Deadlines{Methods: map[string]time.Duration{":echo": 1, "echo": 2}})
		},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, text) {
					t.Errorf("%q, want %q", got, text)
				}
			}()
			make()
		}()
	}
}

func deadlinesOf(name string, d time.Duration) filter.Deadlines {
	return filter.Deadlines{Methods: map[string]time.Duration{name: d}}
}
