package load

import (
	"testing"
	"time"
)

func TestBuckets(t *testing.T) {
	for i := range allBuckets - 1 {
		end := upper(i)
		if got := bucket(end - 1); got != i {
			t.Fatalf("the last time of bucket %d, %v, is in bucket %d", i, end-1, got)
		}
		if got := bucket(end); got != i+1 {
			t.Fatalf("the first time of bucket %d, %v, is in bucket %d", i+1, end, got)
		}
	}
	for _, d := range []time.Duration{10 * time.Minute, 1<<63 - 1} {
		if got := bucket(d); got != allBuckets-1 {
			t.Errorf("%v is in bucket %d, want the last one, %d", d, got, allBuckets-1)
		}
	}
	if got := bucket(-1); got != 0 {
		t.Errorf("a time below 0 is in bucket %d", got)
	}
}

func TestQuantile(t *testing.T) {
	var h, other Histogram
	if got := h.Quantile(0.5); got != 0 {
		t.Errorf("median of nothing: %v", got)
	}
	for i := range 1000 {
		d := time.Duration(i+1) * time.Millisecond
		if i%2 == 0 {
			h.Add(d)
		} else {
			other.Add(d)
		}
	}
	h.Merge(&other)
	if h.N() != 1000 {
		t.Errorf("%d times, want 1000", h.N())
	}
	for q, want := range map[float64]time.Duration{
		0: time.Millisecond, 0.5: 501 * time.Millisecond, 0.99: 991 * time.Millisecond, 1: time.Second,
	} {
		got := h.Quantile(q)
		if got < want || got > want+want/16 {
			t.Errorf("quantile %v is %v, want %v or up to 6 %% more", q, got, want)
		}
	}
}
