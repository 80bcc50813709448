package server

import (
	"fmt"
	"math"
	"time"

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
	small                       int64 // what a connection may hold whatever the others do; see share.go
	short                       int64 // from this count of bytes on the server is short of room; see relief.go
	message, headerBytes, depth int
	inflateRatio                int   // as MaxInflateRatio
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
		bytes:           byteCount(s.MaxBytes, 1<<30),
		connBytes:       byteCount(s.MaxConnBytes, 64<<20),
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
	b.small = min(maxSmall, b.bytes/256)
	b.short = b.bytes / 4 * 3
	switch {
	case b.message == 0:
		b.message = wire.DefaultMessage
	case b.message < 0:
		b.message = maxMessageSize
	}
	b.inflateRatio = s.MaxInflateRatio
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

// unbounded is more bytes than a process can hold, and little enough to be doubled.
const unbounded = math.MaxInt64 / 4

// byteCount is count for bytes, which may be more than an int counts.
func byteCount(n int, byDefault int64) int64 {
	switch {
	case n == 0:
		return byDefault
	case n < 0:
		return unbounded
	}
	return int64(n)
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
