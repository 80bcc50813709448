package server

import (
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/internal/loglines"
)

// load is what all connections together hold at a time.
type load struct {
	calls atomic.Int64 // read and not answered
	bytes atomic.Int64 // of requests that run, and of replies not written

	lines    loglines.Limiter // by bound
	failures loglines.Limiter // by loglines.Kind
}

// mayLog reports whether a line of a kind may be logged now, and how many were left
// out since the last.
func (l *load) mayLog(kind string, now time.Time) (unlogged int, ok bool) {
	unlogged, _, ok = l.lines.Allow(kind, 1, now)
	return unlogged, ok
}
