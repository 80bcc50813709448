package filter

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// NameRule gives the new name for a name, and reports whether it has one. It is
// called for every call, by any number of goroutines at once.
type NameRule func(name string) (renamed string, ok bool)

// Exact returns the rule that renames the keys of table to their values. It
// takes a copy of table.
func Exact(table map[string]string) NameRule {
	table = maps.Clone(table)
	return func(name string) (string, bool) {
		to, ok := table[name]
		return to, ok
	}
}

// Prefix returns the rule that puts to in the place of from at the beginning of
// names. An empty from begins every name.
func Prefix(from, to string) NameRule {
	cut := func(name string) (string, bool) {
		rest, ok := strings.CutPrefix(name, from)
		return to + rest, ok
	}
	if to == "" {
		return cut
	}
	return remember(cut)
}

// Regexp returns the rule that replaces all matches of expr in a name by
// replacement, in which $1, ${1} and ${name} stand for what the groups of expr
// matched, as in [regexp.Regexp.ReplaceAllString]. A rule for whole names begins
// with ^ and ends with $. Names without a match have no new name.
//
// It is an error if expr does not compile, or if replacement has a group that
// expr has not: $1x is a group named "1x", which ${1}x is not.
func Regexp(expr, replacement string) (NameRule, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("filter: rename: %w", err)
	}
	for _, group := range groups(replacement) {
		if !slices.Contains(re.SubexpNames(), group) && !numbered(re, group) {
			return nil, fmt.Errorf("filter: rename: replacement %q has group %q, which %q has not", replacement, group, expr)
		}
	}
	return remember(func(name string) (string, bool) {
		if !re.MatchString(name) {
			return "", false
		}
		return re.ReplaceAllString(name, replacement), true
	}), nil
}

// MustRegexp is Regexp for expressions that stand in the program: it panics on
// an error.
func MustRegexp(expr, replacement string) NameRule {
	rule, err := Regexp(expr, replacement)
	if err != nil {
		panic(err)
	}
	return rule
}

// group matches what regexp.Regexp.Expand takes for a group, and $$.
var group = regexp.MustCompile(`\$(?:\$|\{([\pL\pN_]+)\}|([\pL\pN_]+))`)

// groups returns the groups that a replacement names, without "$" and braces.
func groups(replacement string) []string {
	var names []string
	for _, m := range group.FindAllStringSubmatch(replacement, -1) {
		if name := m[1] + m[2]; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// numbered reports whether name is the number of a group of re.
func numbered(re *regexp.Regexp, name string) bool {
	n, err := strconv.Atoi(name)
	return err == nil && n <= re.NumSubexp()
}
