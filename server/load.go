package server

import (
	"sync"
	"sync/atomic"
	"time"
)

// load is what all connections together hold at a time.
type load struct {
	calls atomic.Int64 // read and not answered
	bytes atomic.Int64 // of requests that run or are not whole, and of replies not written
	lost  atomic.Int64 // bytes that connections counted when they had ended: 0 at rest, or the counting is wrong

	mu     sync.Mutex
	logged map[string]*logged // by bound; few, since bounds are
}

// count adds n to the bytes that the server counts.
func (s *Server) count(n int64) {
	if total := s.load.bytes.Add(n); n > 0 && total > s.bounds.short {
		s.relief.start(s)
	}
}

// logged is when a bound's last refusal was logged, and how many have not been
// since.
type logged struct {
	at   time.Time
	more int
}

// mayLog reports whether a refusal at bound may be logged now, and how many were
// passed over since the last.
func (l *load) mayLog(bound string, now time.Time) (unlogged int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.logged[bound]
	if e == nil {
		if l.logged == nil {
			l.logged = make(map[string]*logged)
		}
		l.logged[bound] = &logged{at: now}
		return 0, true
	}
	if now.Sub(e.at) < time.Second {
		e.more++
		return 0, false
	}
	unlogged, e.more, e.at = e.more, 0, now
	return unlogged, true
}
