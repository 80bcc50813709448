package zapfilter

import (
	"sync"
	"time"
)

// defaultRefusals is how many lines a second a bound may have.
const defaultRefusals = 10

// refusals counts the lines about each bound in the second that runs.
type refusals struct {
	mu     sync.Mutex
	bounds map[string]*second // few, since a server has few bounds
}

// second is what was logged since start, and what was not since the last line.
type second struct {
	start    time.Time
	lines    int
	unlogged int
}

// mayLog reports whether a line about bound may be written, of which perSecond
// may be, and how many were passed over since the last.
func (r *refusals) mayLog(bound string, perSecond int, now time.Time) (unlogged int, ok bool) {
	if perSecond == 0 {
		perSecond = defaultRefusals
	}
	if perSecond < 0 {
		return 0, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.bounds[bound]
	if s == nil {
		if r.bounds == nil {
			r.bounds = make(map[string]*second)
		}
		s = new(second)
		r.bounds[bound] = s
	}
	if now.Sub(s.start) >= time.Second {
		s.start, s.lines = now, 0
	}
	if s.lines >= perSecond {
		s.unlogged++
		return 0, false
	}
	s.lines++
	unlogged, s.unlogged = s.unlogged, 0
	return unlogged, true
}
