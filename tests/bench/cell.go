package main

import "slices"

// cell is what one server did under one shape.
type cell struct {
	Server   string   `json:"server"`
	Versions string   `json:"versions,omitempty"`
	Samples  []sample `json:"samples"` // a round each

	CPU  spread `json:"cpu"`
	Rate spread `json:"rate"`
	P50  spread `json:"p50"`
	P99  spread `json:"p99"`
	// Allocs is below 0 if the server cannot tell.
	Allocs spread `json:"allocs"`
	// OfLimit and OfStub are CPU over that of the limit and of oneport's stub;
	// zero if those were not measured.
	OfLimit spread `json:"of_limit"`
	OfStub  spread `json:"of_stub"`
	// OfOurs is, among clients, CPU over that of oneport's.
	OfOurs spread `json:"of_ours"`
}

// spread is the median of values and the least and the largest of them.
type spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// spreadOf returns the spread of values; zero without any.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	v := slices.Sorted(slices.Values(values))
	return spread{v[len(v)/2], v[0], v[len(v)-1]}
}

// The values of samples.
func cpu(s sample) float64  { return s.CPU }
func rate(s sample) float64 { return s.Rate }

func newCell(s server, versions string, samples []sample) cell {
	c := cell{Server: s.name, Versions: versions, Samples: samples}
	c.CPU, c.Rate = c.spread(cpu), c.spread(rate)
	c.P50 = c.spread(func(s sample) float64 { return s.P50 })
	c.P99 = c.spread(func(s sample) float64 { return s.P99 })
	c.Allocs = c.spread(func(s sample) float64 { return s.Allocs })
	return c
}

func (c *cell) spread(of func(sample) float64) spread {
	values := make([]float64, len(c.Samples))
	for i, s := range c.Samples {
		values[i] = of(s)
	}
	return spreadOf(values)
}

// over returns a value of c over that of o, in each round by itself: what happens
// on the machine in a round hits both. It is zero if o is nil.
func (c *cell) over(o *cell, of func(sample) float64) spread {
	var values []float64
	for i := range c.Samples {
		if o != nil && i < len(o.Samples) && of(o.Samples[i]) > 0 {
			values = append(values, of(c.Samples[i])/of(o.Samples[i]))
		}
	}
	return spreadOf(values)
}

// find returns the cell of a server, or nil.
func find(cells []cell, server string) *cell {
	for i := range cells {
		if cells[i].Server == server {
			return &cells[i]
		}
	}
	return nil
}

// relate sets the ratios of all cells of a shape.
func relate(cells []cell) {
	bare, stub := find(cells, limit), find(cells, stub)
	for i := range cells {
		cells[i].OfLimit = cells[i].over(bare, cpu)
		cells[i].OfStub = cells[i].over(stub, cpu)
	}
}
