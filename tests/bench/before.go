package main

import (
	"fmt"
	"io"
	"strings"
)

// printBefore prints what the rows that were measured in two versions cost in both,
// and the ratio of the later to the earlier, in each round by itself.
func (r *report) printBefore(w io.Writer) {
	begun := false
	row := func(title string, cells []cell) {
		for i := range cells {
			before := &cells[i]
			name, ok := strings.CutSuffix(before.Server, beforeSuffix)
			now := find(cells, name)
			if !ok || now == nil {
				continue
			}
			if !begun {
				begun = true
				fmt.Fprint(w, "\n### Before and after\n\n| value | shape | before | after | CPU after / before | spread | calls/s after / before | allocs/call before, after |\n|---|---|--:|--:|--:|--:|--:|--:|\n")
			}
			ratio, rates := now.over(before, cpu), now.over(before, rate)
			fmt.Fprintf(w, "| %s | %s | %.2f | %.2f | %.2f | %.2f–%.2f | %.2f | %.2f, %.2f |\n", name, title,
				before.CPU.Median, now.CPU.Median, ratio.Median, ratio.Low, ratio.High, rates.Median,
				before.Allocs.Median, now.Allocs.Median)
		}
	}
	for i := range r.Shapes {
		row(r.Shapes[i].title(), r.Shapes[i].Cells)
	}
	for i := range r.Clients {
		row(r.Clients[i].title(), r.Clients[i].Cells)
	}
}
