package load

import (
	"math/bits"
	"time"
)

// Times are counted in units of 256 ns. Each power of two of them is cut into 32
// buckets, so that a bucket is at most 1/32 of its time wide.
const (
	unitShift   = 8
	bucketShift = 5
	buckets     = 1 << bucketShift
	maxBits     = 31 // of a time in units: 9 minutes
	allBuckets  = (maxBits - bucketShift + 1) * buckets
)

// Histogram counts times in buckets of 3 % width; the first ones are 256 ns wide
// and the last one takes all of 9 minutes and more. The zero Histogram is empty.
type Histogram struct {
	counts [allBuckets]uint32
	n      int64
}

// Add counts d.
func (h *Histogram) Add(d time.Duration) {
	h.counts[bucket(d)]++
	h.n++
}

// Merge adds what o has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.n += o.n
}

// N returns how many times have been counted.
func (h *Histogram) N() int64 { return h.n }

// Quantile returns the upper end of the bucket that holds quantile q of the times,
// q from 0 to 1. It is 0 if nothing was counted.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := int64(q * float64(h.n))
	rank = min(max(rank, 0), h.n-1)
	for i, n := range h.counts {
		if rank -= int64(n); rank < 0 {
			return upper(i)
		}
	}
	return 0
}

// bucket returns the index of the bucket for d.
func bucket(d time.Duration) int {
	v := uint64(max(d, 0)) >> unitShift
	v = min(v, 1<<maxBits-1)
	if v < buckets {
		return int(v)
	}
	shift := bits.Len64(v) - bucketShift - 1
	return shift*buckets + int(v>>shift)
}

// upper returns the upper end of bucket i.
func upper(i int) time.Duration {
	shift := max(i/buckets-1, 0)
	v := uint64(i - shift*buckets + 1)
	return time.Duration(v << shift << unitShift)
}
