package main

import (
	"cmp"
	"slices"
)

// cell is what one server did under one shape.
type cell struct {
	Server   string   `json:"server"`
	Versions string   `json:"versions,omitempty"`
	Median   sample   `json:"median"` // of each value by itself
	Low      sample   `json:"low"`
	High     sample   `json:"high"`
	Samples  []sample `json:"samples"`
}

func newCell(s server, versions string, samples []sample) cell {
	c := cell{Server: s.name, Versions: versions, Samples: samples}
	for _, f := range fields {
		values := make([]float64, len(samples))
		for i := range samples {
			values[i] = *f(&samples[i])
		}
		slices.Sort(values)
		*f(&c.Median), *f(&c.Low), *f(&c.High) = median(values), values[0], values[len(values)-1]
	}
	return c
}

// fields are the values of a sample.
var fields = []func(*sample) *float64{
	func(s *sample) *float64 { return &s.CPU },
	func(s *sample) *float64 { return &s.Ratio },
	func(s *sample) *float64 { return &s.Rate },
	func(s *sample) *float64 { return &s.P50 },
	func(s *sample) *float64 { return &s.P99 },
	func(s *sample) *float64 { return &s.Allocs },
}

// median returns the middle of sorted values, of which there is at least one.
func median[T cmp.Ordered](sorted []T) T { return sorted[len(sorted)/2] }
