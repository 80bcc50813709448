package mux

// GenerationHandler is a Handler whose methods may change while it serves. A
// server keeps what such a handler says of a method, and what it has learned of it
// by calls, for one generation only. A [Mux] is one. Of a handler that is none, a
// server takes it that its methods never change.
type GenerationHandler interface {
	Handler
	// Generation returns a number that has not been returned before once the
	// methods have changed. It is asked for each call, by many goroutines.
	Generation() uint64
}

// Generation returns how often the table has been changed.
func (m *Mux) Generation() uint64 { return m.generation.Load() }
