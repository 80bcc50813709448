package main

import (
	"fmt"
	"io"
)

// print prints the results of a shape as a table in Markdown.
func (r *shapeResult) print(w io.Writer) {
	fmt.Fprintf(w, "\n### %s\n\n", r.title())
	fmt.Fprintln(w, "| server | CPU s per million | spread | of the limit | calls/s | p50 µs | p99 µs | allocs/call |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|--:|--:|")
	for _, c := range r.Cells {
		m := c.Median
		fmt.Fprintf(w, "| %s | %.2f | %.2f–%.2f | %s | %.0f | %.0f | %.0f | %s |\n",
			c.Server, m.CPU, c.Low.CPU, c.High.CPU, known(m.Ratio > 0, m.Ratio), m.Rate, m.P50, m.P99, known(m.Allocs >= 0, m.Allocs))
	}
}

// printIdle prints what idle connections cost as a table in Markdown.
func (r *report) printIdle(w io.Writer) {
	if len(r.Idle) == 0 {
		return
	}
	fmt.Fprintf(w, "\n### %d idle connections\n\n", r.Idle[0].Conns)
	fmt.Fprintln(w, "| server | after a call of | resident KB each | heap and stacks KB each |")
	fmt.Fprintln(w, "|---|--:|--:|--:|")
	for _, i := range r.Idle {
		fmt.Fprintf(w, "| %s | %s | %.1f | %s |\n",
			i.Server, sizeText(i.Size), float64(i.Resident)/1000, known(i.InUse > 0, float64(i.InUse)/1000))
	}
}

// known is a number, or a dash if it is not known.
func known(ok bool, v float64) string {
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.2f", v)
}
