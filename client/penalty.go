package client

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// penaltyHalfLife is how long it takes until half of a penalty is forgotten.
	penaltyHalfLife = 5 * time.Second
	// failurePenalty is how many calls in flight a failure counts like.
	failurePenalty = 8
	// maxPenalty is the most that failures add up to.
	maxPenalty = 1024
)

// penalty is what recent failures of an endpoint weigh. The zero penalty is none.
type penalty struct {
	some  atomic.Bool // there is one, so that the usual case asks no clock
	mu    sync.Mutex
	score float64
	at    time.Time
}

// add weighs one failure more.
func (p *penalty) add(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.score = min(p.faded(now)+failurePenalty, maxPenalty)
	p.at = now
	p.some.Store(true)
}

// now returns what is left of the penalty.
func (p *penalty) now() float64 {
	if !p.some.Load() {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.faded(time.Now())
	if left < 0.1 {
		p.score = 0
		p.some.Store(false)
	}
	return left
}

func (p *penalty) faded(now time.Time) float64 {
	if p.score == 0 {
		return 0
	}
	return p.score * math.Exp2(-float64(now.Sub(p.at))/float64(penaltyHalfLife))
}
