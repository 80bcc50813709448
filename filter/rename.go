package filter

import (
	"context"
	"fmt"
	"slices"

	"github.com/oneport-thrift/oneport/mux"
)

// RenameService returns a filter that changes the service of each call to what
// the first rule that knows its name says. Among a server's filters it decides
// where calls are routed; calls with bare method names have the service "".
//
// What is inside of the filter sees the new name, what is outside of it the old
// one, which is put back before the filter returns, or panics because what is
// inside did. The name that the client sees in the reply is its own, always.
//
// It panics if a rule is nil, as that is a mistake of the program.
func RenameService(rules ...NameRule) mux.Filter {
	rules = checkRules("RenameService", rules)
	return func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			old := req.Service
			defer func() { req.Service = old }()
			req.Service = renamed(rules, old)
			return next.ServeThrift(ctx, req)
		})
	}
}

// RenameMethod is RenameService for the method of each call. Among a server's
// filters it renames methods of all services, among a service's those of one. It
// panics as RenameService does.
func RenameMethod(rules ...NameRule) mux.Filter {
	rules = checkRules("RenameMethod", rules)
	return func(next mux.Handler) mux.Handler {
		return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			old := req.Method
			defer func() { req.Method = old }()
			req.Method = renamed(rules, old)
			return next.ServeThrift(ctx, req)
		})
	}
}

// checkRules returns a copy of the rules of a filter. It panics if one is nil.
func checkRules(filter string, rules []NameRule) []NameRule {
	for i, rule := range rules {
		if rule == nil {
			panic(fmt.Sprintf("filter: %s: rule %d of %d is nil (counted from 0)", filter, i, len(rules)))
		}
	}
	return slices.Clone(rules)
}

// renamed returns what the first rule that knows name makes of it, or name.
func renamed(rules []NameRule, name string) string {
	for _, rule := range rules {
		if to, ok := rule(name); ok {
			return to
		}
	}
	return name
}
