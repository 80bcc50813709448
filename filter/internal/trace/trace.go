// Package trace hands the ids of a call's span from the filter that made the span to
// filters further inside, which may not import what made it.
package trace

import "context"

// Span is the span of a call. It has ids.
type Span interface {
	// IDs returns the ids of the trace and of the span in lower-case hexadecimal.
	IDs() (trace, span string)
}

type key struct{}

// With returns a context that carries s.
func With(ctx context.Context, s Span) context.Context { return context.WithValue(ctx, key{}, s) }

// IDs returns the ids of the span that ctx carries, and whether it carries one.
func IDs(ctx context.Context) (trace, span string, ok bool) {
	if s, found := ctx.Value(key{}).(Span); found {
		trace, span = s.IDs()
		return trace, span, true
	}
	return "", "", false
}
