package server

import (
	"fmt"
	"math"
	"time"

	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// maxMessageSize is the largest MaxMessageSize. The first four bytes of a PROXY
// v2 header, read as a frame's length, are one more.
const maxMessageSize = 218_762_505

// bounds are a server's fields with the defaults put in.
type bounds struct {
	conns, calls, callsPerConn  int
	callsPerSession             int // of ThriftMux
	bytes, connBytes            int64
	message, headerBytes, depth int
	inflateRatio                int   // negative: none
	decoded                     int64 // negative: none
	limits                      wire.Limits
	idle, sniff, partial        time.Duration
	write, grace, callTime      time.Duration // 0: none
}

func (s *Server) resolve() bounds {
	b := bounds{
		conns:           count(s.MaxConns, 10_000),
		calls:           count(s.MaxCalls, 10_000),
		callsPerConn:    count(s.MaxCallsPerConn, 256),
		callsPerSession: count(s.MaxCallsPerConn, 4096),
		bytes:           int64(count(s.MaxBytes, 1<<30)),
		connBytes:       int64(count(s.MaxConnBytes, 64<<20)),
		message:         s.MaxMessageSize,
		headerBytes:     count(s.MaxHeaderBytes, 64<<10),
		depth:           count(s.MaxDepth, wire.DefaultDepth),
		idle:            span(s.IdleTimeout, 30*time.Minute),
		sniff:           span(s.SniffTimeout, 10*time.Second),
		partial:         span(s.MessageTimeout, time.Minute),
		write:           span(s.WriteTimeout, 30*time.Second),
		grace:           span(s.HalfCloseGrace, 5*time.Second),
		callTime:        span(s.MaxCallTime, 0),
	}
	switch {
	case b.message == 0:
		b.message = wire.DefaultMessage
	case b.message < 0:
		b.message = maxMessageSize
	}
	if b.inflateRatio = s.MaxInflateRatio; b.inflateRatio == 0 {
		b.inflateRatio = theader.DefaultRatio
	}
	if b.decoded = int64(s.MaxDecoded); b.decoded == 0 {
		b.decoded = 8 * int64(b.message)
	}
	b.limits = wire.Limits{Name: count(s.MaxNameLen, wire.DefaultName), Depth: b.depth, Message: b.message}
	return b
}

func (b *bounds) check() error {
	if b.message > maxMessageSize {
		return fmt.Errorf("server: MaxMessageSize %d exceeds the maximum of %d: a longer frame could not be told from a PROXY v2 header",
			b.message, maxMessageSize)
	}
	return nil
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
