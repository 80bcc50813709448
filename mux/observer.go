package mux

// Observer is told what happens to connections and to calls that no handler
// sees. Each func may be nil, is called by any number of goroutines at once, and
// must return quickly: the connection that it is told of waits meanwhile. A panic in
// one ends the process, as in any goroutine. Calls that reach the router are seen by
// filters, not here.
type Observer struct {
	// Opened is called when a connection's dialect is known. A connection that
	// ends before its first byte, such as a health check, is never reported.
	Opened func(p *Peer)
	// Closed is called once for each connection that Opened was called for. why
	// is nil if the connection ended between calls by the client's or the
	// server's wish. It wraps a *Refusal if Refused was told already.
	Closed func(p *Peer, why error)
	// Refused is called for each call or connection turned away at a bound, and
	// for a connection whose first bytes fit no dialect.
	Refused func(p *Peer, r Refusal)
}

// Refusal says what was turned away and why. It is the error of a connection that
// ended for it.
type Refusal struct {
	// Bound is the name of the server's field that was reached, such as
	// "MaxCalls"; "dialect" for bytes that no dialect opens with; or "frame" for a
	// frame that holds more than one call.
	Bound string
	// Err says what was seen and what the limit is.
	Err error
}

// Error returns what Err says.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns Err.
func (r *Refusal) Unwrap() error { return r.Err }
