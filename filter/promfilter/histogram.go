package promfilter

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// histogram counts values in buckets. A call is observed by three of them, which
// with those of client_golang costs more than the rest of the filter (see
// BenchmarkFilter); this one has neither exemplars nor sparse buckets.
type histogram struct {
	bounds []float64       // upper bounds of the buckets, shared
	counts []atomic.Uint64 // one more than bounds: of what is over the last
	sum    atomic.Uint64   // the bits of a float64
}

func newHistogram(bounds []float64) histogram {
	return histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

func (h *histogram) observe(v float64) {
	i := 0
	for i < len(h.bounds) && v > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	for {
		old := h.sum.Load()
		if h.sum.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+v)) {
			return
		}
	}
}

// collect sends what was counted, if anything was.
func (h *histogram) collect(ch chan<- prometheus.Metric, desc *prometheus.Desc, labels []string) {
	count, buckets := uint64(0), make(map[float64]uint64, len(h.bounds))
	for i := range h.counts {
		count += h.counts[i].Load()
		if i < len(h.bounds) {
			buckets[h.bounds[i]] = count
		}
	}
	if count > 0 {
		ch <- prometheus.MustNewConstHistogram(desc, count, math.Float64frombits(h.sum.Load()), buckets, labels...)
	}
}

// checkBounds returns bounds without an infinite one at the end, which every
// histogram has anyway. It panics if they do not rise.
func checkBounds(bounds []float64) []float64 {
	if n := len(bounds); n > 0 && math.IsInf(bounds[n-1], 1) {
		bounds = bounds[:n-1]
	}
	for i, b := range bounds {
		if math.IsNaN(b) || i > 0 && b <= bounds[i-1] {
			panic(fmt.Sprintf("promfilter: the buckets %v do not rise", bounds))
		}
	}
	return slices.Clone(bounds)
}
