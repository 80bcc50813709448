package ratelimit

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// buckets is a bounded set of token buckets, by key.
type buckets struct {
	rate  rate.Limit
	burst int
	most  int

	mu     sync.Mutex
	byKey  map[key]*list.Element
	recent list.List     // of *bucket, the one used last in front
	shared *rate.Limiter // of the keys that there is no room for
}

// bucket is the tokens of one key.
type bucket struct {
	key    key
	tokens *rate.Limiter
}

func newBuckets(o Options) *buckets {
	return &buckets{
		rate:   o.Rate,
		burst:  o.Burst,
		most:   o.MaxBuckets,
		byKey:  make(map[key]*list.Element),
		shared: rate.NewLimiter(o.Rate, o.Burst),
	}
}

// allow takes a token of k, and reports whether there was one.
func (b *buckets) allow(k key) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	// Read under the lock: a bucket that is asked for an earlier time than the
	// last would gain the time between them twice.
	now := time.Now()
	if e, ok := b.byKey[k]; ok {
		b.recent.MoveToFront(e)
		return e.Value.(*bucket).tokens.AllowN(now, 1)
	}
	if len(b.byKey) >= b.most && !b.giveUp(now) {
		return b.shared.AllowN(now, 1)
	}
	tokens := rate.NewLimiter(b.rate, b.burst)
	b.byKey[k] = b.recent.PushFront(&bucket{k, tokens})
	return tokens.AllowN(now, 1)
}

// giveUp drops the bucket that was not used for longest if it is full again, so
// that a new one would be no other. It reports whether it did.
func (b *buckets) giveUp(now time.Time) bool {
	e := b.recent.Back()
	oldest := e.Value.(*bucket)
	if oldest.tokens.TokensAt(now) < float64(b.burst) {
		return false
	}
	b.recent.Remove(e)
	delete(b.byKey, oldest.key)
	return true
}
