package server

import (
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/internal/loglines"
)

// load is what all connections together hold at a time.
type load struct {
	calls atomic.Int64 // read and not answered
	bytes atomic.Int64 // held by requests that run or are not whole, and of replies not written
	lost  atomic.Int64 // bytes that connections counted when they had ended: 0 at rest, or the counting is wrong

	lines    loglines.Limiter // by bound
	failures loglines.Limiter // by loglines.Kind
}

// count adds n to the bytes that the server counts.
func (s *Server) count(n int64) {
	if total := s.load.bytes.Add(n); n > 0 && total > s.bounds.short {
		s.relief.start(s)
	}
}

// mayLog reports whether a line of a kind may be logged now, and how many were left
// out since the last.
func (l *load) mayLog(kind string, now time.Time) (unlogged int, ok bool) {
	unlogged, _, ok = l.lines.Allow(kind, 1, now)
	return unlogged, ok
}
