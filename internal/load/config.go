package load

import (
	"context"
	"errors"
	"net"
	"time"
)

// Config says how many calls of what kind are in flight, and where to. The zero
// Config makes one call at a time, of the zero Echo, to Addr.
type Config struct {
	// Addr is the server's "host:port". It is not used if Dial is set.
	Addr string
	// Dial opens a connection. nil means TCP to Addr.
	Dial func(ctx context.Context) (net.Conn, error)
	// Conns is the number of connections. 0 means 1.
	Conns int
	// InFlight is the number of calls that each connection has under way. 0
	// means 1.
	InFlight int
	// Dialect lays out the calls. nil means Echo{}.
	Dialect Dialect
	// Stall bounds how long a connection with calls under way may get nothing.
	// 0 means 30 s.
	Stall time.Duration
}

func (c Config) withDefaults() Config {
	if c.Dial == nil {
		var d net.Dialer
		addr := c.Addr
		c.Dial = func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }
	}
	c.Conns = max(c.Conns, 1)
	c.InFlight = max(c.InFlight, 1)
	if c.Dialect == nil {
		c.Dialect = Echo{}
	}
	if c.Stall <= 0 {
		c.Stall = 30 * time.Second
	}
	return c
}

// Bound ends a run: no more calls are made once one of the two is reached. A
// field that is 0 sets no bound; a Bound of two zeros is an error.
type Bound struct {
	// Calls is how many calls are made, over all connections; they share them
	// evenly.
	Calls int64
	// Duration is how long calls are made.
	Duration time.Duration
}

var errUnbounded = errors.New("load: a run needs a bound: a number of calls, a duration or both")

func (b Bound) check() error {
	if b.Calls <= 0 && b.Duration <= 0 {
		return errUnbounded
	}
	return nil
}

// share returns how many of the calls connection i of n makes; -1 without a
// bound on their number.
func (b Bound) share(i, n int) int64 {
	if b.Calls <= 0 {
		return -1
	}
	calls := b.Calls / int64(n)
	if int64(i) < b.Calls%int64(n) {
		calls++
	}
	return calls
}
