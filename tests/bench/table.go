package main

import (
	"fmt"
	"io"
)

// print prints the results of a shape as a table in Markdown.
func (r *shapeResult) print(w io.Writer) {
	fmt.Fprintf(w, "\n### %s\n\n", r.title())
	fmt.Fprintln(w, "| server | CPU s per million | spread | of the limit | of the stub | calls/s | p50 µs | p99 µs | allocs/call |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, c := range r.Cells {
		fmt.Fprintf(w, "| %s | %.2f | %.2f–%.2f | %s | %s | %.0f | %.0f | %.0f | %s |\n",
			c.Server, c.CPU.Median, c.CPU.Low, c.CPU.High,
			known(c.OfLimit.Median > 0, c.OfLimit.Median), known(c.OfStub.Median > 0, c.OfStub.Median),
			c.Rate.Median, c.P50.Median, c.P99.Median, known(c.Allocs.Median >= 0, c.Allocs.Median))
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

// print prints what clients cost as a table in Markdown.
func (r *clientResult) print(w io.Writer) {
	fmt.Fprintf(w, "\n### Clients, %s, 100 B\n\n", r.title())
	fmt.Fprintln(w, "| client | CPU s per million | spread | of oneport's | calls/s | allocs/call |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|")
	for _, c := range r.Cells {
		fmt.Fprintf(w, "| %s | %.2f | %.2f–%.2f | %s | %.0f | %.2f |\n",
			c.Server, c.CPU.Median, c.CPU.Low, c.CPU.High, known(c.OfOurs.Median > 0, c.OfOurs.Median),
			c.Rate.Median, c.Allocs.Median)
	}
}

// printServers prints what each server and client is.
func (r *report) printServers(w io.Writer) {
	fmt.Fprint(w, "\n### Servers and clients\n\n| name | what it is | versions |\n|---|---|---|\n")
	for _, s := range servers {
		for _, sh := range r.Shapes {
			if c := find(sh.Cells, s.name); c != nil {
				fmt.Fprintf(w, "| %s | %s | %s |\n", s.name, s.what, c.Versions)
				break
			}
		}
	}
	for _, c := range clients {
		for _, with := range r.Clients {
			if m := find(with.Cells, c.name); m != nil {
				fmt.Fprintf(w, "| %s | client: %s | %s |\n", c.name, c.what, m.Versions)
				break
			}
		}
	}
	for _, m := range r.Missing {
		fmt.Fprintf(w, "\nMissing: %s: %s.\n", m.Name, m.Why)
	}
	for _, m := range r.Failed {
		fmt.Fprintf(w, "\nFailed: %s: %s.\n", m.Name, m.Why)
	}
}

// known is a number, or a dash if it is not known.
func known(ok bool, v float64) string {
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.2f", v)
}
