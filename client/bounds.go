package client

import (
	"math"
	"strings"
	"time"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// bounds are a client's fields with the defaults put in.
type bounds struct {
	conns, calls                  int // for an endpoint, for a connection
	connBytes, message, depth     int
	abandoned, attempts, eject    int
	inflateRatio                  int   // as MaxInflateRatio
	decoded                       int64 // negative: none
	share, floor                  float64
	limits                        wire.Limits
	slow, dial, minWait, maxWait  time.Duration
	idle, write, partial, stalled time.Duration // 0: none
	ping                          time.Duration // of ThriftMux; 0: none
}

func (c *Client) resolve() bounds {
	conns := 16
	if c.Mode == Pipelined {
		conns = 1
	}
	b := bounds{
		conns:     count(c.MaxConnsPerEndpoint, conns),
		calls:     count(c.MaxCallsPerConn, 1024),
		connBytes: count(c.MaxConnBytes, 16<<20),
		message:   count(c.MaxMessageSize, wire.DefaultMessage),
		depth:     count(c.MaxDepth, wire.DefaultDepth),
		abandoned: count(c.MaxAbandoned, 256),
		attempts:  count(c.MaxAttempts, 3),
		eject:     count(c.EjectAfter, 3),
		share:     c.RetryShare,
		floor:     float64(count(c.RetryFloor, 10)),
		slow:      span(c.SlowCall, 5*time.Millisecond),
		dial:      span(c.DialTimeout, 10*time.Second),
		minWait:   span(c.MinBackoff, 50*time.Millisecond),
		maxWait:   span(c.MaxBackoff, 10*time.Second),
		idle:      span(c.IdleTimeout, 5*time.Minute),
		write:     span(c.WriteTimeout, 30*time.Second),
		partial:   span(c.MessageTimeout, time.Minute),
		stalled:   span(c.StallTimeout, time.Minute),
		ping:      span(c.PingInterval, 5*time.Second),
	}
	if c.Mode == Exclusive {
		b.calls = 1
	}
	if b.share == 0 {
		b.share = 0.1
	}
	if c.MinBackoff == 0 && c.MaxBackoff > 0 {
		b.minWait = min(b.minWait, b.maxWait)
	}
	if c.MaxBackoff < 0 {
		b.maxWait = math.MaxInt64 / 2 // a wait that is below can still be doubled
	}
	if c.SlowCall < 0 {
		b.slow = math.MaxInt64 // no call is ever slow
	}
	b.message = min(b.message, wire.MaxSniffFrame)
	b.inflateRatio = c.MaxInflateRatio
	if b.decoded = int64(c.MaxDecoded); b.decoded == 0 {
		b.decoded = 8 * int64(b.message)
	}
	b.limits = wire.Limits{Depth: b.depth, Message: b.message}
	return b
}

func (c *Client) dialect() wire.Dialect {
	switch {
	case c.Resolver == nil && strings.HasPrefix(c.Target, muxScheme):
		return wire.ThriftMux
	case c.Dialect == 0:
		return wire.Framed
	}
	return c.Dialect
}

func (c *Client) protocol() wire.Protocol {
	if c.Protocol == 0 {
		return wire.Binary
	}
	return c.Protocol
}

// count returns the bound that a field of value n stands for.
func count(n, byDefault int) int {
	switch {
	case n == 0:
		return byDefault
	case n < 0:
		return math.MaxInt32
	}
	return n
}

// span is count for times; no bound is 0.
func span(d, byDefault time.Duration) time.Duration {
	switch {
	case d == 0:
		return byDefault
	case d < 0:
		return 0
	}
	return d
}
