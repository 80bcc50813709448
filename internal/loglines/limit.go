// Package loglines bounds the lines of a log that clients can cause.
package loglines

import (
	"sync"
	"time"
)

// maxKinds bounds the kinds that a Limiter tells apart.
const maxKinds = 1024

// Limiter bounds the lines of each kind, such as those about one limit or about the
// panics at one place. Kinds that come when 1,024 are known share one. The zero
// Limiter is ready. All methods may be called concurrently.
type Limiter struct {
	mu    sync.Mutex
	kinds map[string]*kind
}

// kind is what was logged of a kind since start, and what was left out since the
// last line.
type kind struct {
	start    time.Time
	lines    int
	unlogged int
}

// Allow reports whether a line of a kind may be written, of which perSecond may be
// in a second, and how many were left out since the last one. first is true for the
// first line of the kind that there ever was. A perSecond below 1 means no bound:
// every line is allowed and none is counted.
func (l *Limiter) Allow(name string, perSecond int, now time.Time) (unlogged int, first, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k, first := l.kindLocked(name)
	if perSecond < 1 {
		return 0, first, true
	}
	if now.Sub(k.start) >= time.Second {
		k.start, k.lines = now, 0
	}
	if k.lines >= perSecond {
		k.unlogged++
		return 0, false, false
	}
	k.lines++
	unlogged, k.unlogged = k.unlogged, 0
	return unlogged, first, true
}

// kindLocked returns the kind of that name, and whether it is new.
func (l *Limiter) kindLocked(name string) (k *kind, isNew bool) {
	if k, ok := l.kinds[name]; ok {
		return k, false
	}
	if len(l.kinds) >= maxKinds {
		name = "" // shared by all kinds that came too late
		if k, ok := l.kinds[name]; ok {
			return k, false
		}
	}
	if l.kinds == nil {
		l.kinds = make(map[string]*kind)
	}
	k = new(kind)
	l.kinds[name] = k
	return k, true
}
