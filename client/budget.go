package client

import (
	"sync"
	"time"
)

const (
	// savedSeconds is how long a budget's floor is saved up, and savedCalls how
	// many repetitions its share may come to: a burst of failures after a quiet
	// time has that many.
	savedSeconds = 10
	savedCalls   = 1000
)

// budget bounds the calls that are sent again, so that retries do not bring down
// servers that are short of breath: a token bucket that is filled with a share of
// all calls and a floor each second. It begins with the floor of one second.
type budget struct {
	share, floor float64 // a negative share: no bound

	mu     sync.Mutex
	seen   int // of calls
	at     time.Time
	tokens float64
}

// take reports whether one more call may be sent again, after so many were ever
// made.
func (b *budget) take(calls int, now time.Time) bool {
	if b.share < 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	calls = max(calls, b.seen) // who counted later may have come first
	b.tokens += b.share*float64(calls-b.seen) + b.floor*now.Sub(b.at).Seconds()
	b.tokens = min(b.tokens, max(savedSeconds*b.floor, savedCalls))
	b.seen, b.at = calls, now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
