package main

import (
	"fmt"
	"io"
)

// aim is a ratio that the project holds itself to.
type aim struct {
	shape  string // or a number of callers
	value  string
	of     func(sample) float64
	this   string // the server or client whose value is divided
	that   string // the one by whose value
	bound  float64
	atMost bool // the ratio is to be at most the bound, or else at least
}

// aims are the ratios, in the order of their table.
var aims = []aim{
	atMost("8x32 100", "oneport raw", limit, 1.2),
	atMost("32x1 100", "oneport raw", limit, 1.1),
	atMost("8x32 100", stub, limit, 1.8),
	atMost("32x1 100", stub, limit, 1.2),
	atMost("8x32 16384", stub, limit, 2.0),
	atMost("8x32 100", "oneport stub, filters", stub, 1.4),
	atMost("8x32 100", overMux, stub, 1.3),
	atMost("1x1 100", overMux, stub, 1.3),
	atMost("1x100 100", overMux, stub, 1.3),
	atLeast("1x100 100", twitterMux, overMux, 3),
	atLeast("8x32 100", "Apache Go, documented", stub, 20),
	atLeast("8x32 100", "Apache Go, at its best", stub, 12),
	atLeast("8x32 100", "Kitex", stub, 14),
	atLeast("32x1 100", "Kitex", stub, 1.25),
	atLeast("32x1 16384", "Kitex", stub, 1.6),
	atLeast("8x32 100", "C++ TThreadedServer", stub, 14),
	atLeast("8x32 100", "C++ TNonblockingServer, pool", stub, 40),
	{shape: "8x32 100 blocking 300µs", value: "calls/s", of: rate, this: stub, that: "Apache Go, at its best", bound: 10},
	atLeast("256 callers", "Apache Go, a connection each", ours, 10),
	atLeast("16 callers", "Apache Go, a connection each", ours, 3),
	atLeast("1 callers", "Apache Go, a connection each", ours, 1),
}

func atMost(shape, this, that string, bound float64) aim {
	return aim{shape: shape, value: "CPU", of: cpu, this: this, that: that, bound: bound, atMost: true}
}

func atLeast(shape, this, that string, bound float64) aim {
	return aim{shape: shape, value: "CPU", of: cpu, this: this, that: that, bound: bound}
}

// printAims prints the aims whose servers or clients were measured.
func (r *report) printAims(w io.Writer) {
	fmt.Fprint(w, "\n### Aims\n\n| value | shape | aim | measured | spread | |\n|---|---|--:|--:|--:|---|\n")
	for _, a := range aims {
		title, cells := r.cells(a.shape)
		this, that := find(cells, a.this), find(cells, a.that)
		if this == nil || that == nil {
			continue
		}
		ratio := this.over(that, a.of)
		sign, missed := "≥", ratio.Median < a.bound
		if a.atMost {
			sign, missed = "≤", ratio.Median > a.bound
		}
		verdict := ""
		if missed {
			verdict = "missed"
		}
		fmt.Fprintf(w, "| %s of %s / %s | %s | %s %g | %.2f | %.2f–%.2f | %s |\n",
			a.value, a.this, a.that, title, sign, a.bound, ratio.Median, ratio.Low, ratio.High, verdict)
	}
}

// cells returns what was measured in a shape or with a number of callers, and how
// readers know that.
func (r *report) cells(name string) (title string, cells []cell) {
	if sh := r.shape(name); sh != nil {
		return sh.title(), sh.Cells
	}
	for i := range r.Clients {
		if c := &r.Clients[i]; c.title() == name {
			return name, c.Cells
		}
	}
	return name, nil
}

// shape returns the results of a shape, or nil.
func (r *report) shape(name string) *shapeResult {
	for i := range r.Shapes {
		if r.Shapes[i].Shape == name {
			return &r.Shapes[i]
		}
	}
	return nil
}
