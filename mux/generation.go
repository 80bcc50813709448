package mux

// GenerationHandler is a Handler whose methods may change while it serves. A
// server asks such a handler anew for what it knows of a method when the generation
// has changed; what calls have taught of a method stays as long as its name leads to
// the same route. A [Mux] is one. A server takes the methods of any other handler
// for unchanging.
type GenerationHandler interface {
	Handler
	// Generation returns a number that it has not returned before once the methods
	// have changed. A server asks for each call, from many goroutines.
	Generation() uint64
	// Lookup returns the route that a service's name leads to, or nil. A route that
	// has gone never comes back.
	Lookup(service string) *Route
}

// Generation returns how often the table has been changed.
func (m *Mux) Generation() uint64 { return m.generation.Load() }
