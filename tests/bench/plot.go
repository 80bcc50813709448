package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strings"
)

// plotName is the name of the plot, in the folder of results and in this one.
const plotName = "cpu.svg"

// plotShapes are the shapes in the plot, a column each.
var plotShapes = []string{"8x32 100", "32x1 100", "8x32 16384"}

// The measures of the plot, in pixels.
const (
	nameWidth   = 210
	columnWidth = 230
	barsWidth   = 180 // of a column, for the longest bar
	rowHeight   = 20
	barHeight   = 13
	headHeight  = 46
)

// plot draws the CPU time of a call by server and shape as SVG. Bars are on a
// logarithmic scale.
func (r *report) plot() []byte {
	names, columns := r.plotted()
	var b bytes.Buffer
	width, height := nameWidth+len(columns)*columnWidth, headHeight+len(names)*rowHeight+10
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="8" y="16">CPU of the server for a call, µs (bars on a logarithmic scale)</text>`+"\n")
	for i, name := range names {
		fmt.Fprintf(&b, `<text x="8" y="%d">%s</text>`+"\n", textAt(i), html.EscapeString(name))
	}
	for i, sh := range columns {
		plotColumn(&b, nameWidth+i*columnWidth, sh, names)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// plotted returns the servers and the shapes of the plot that were measured.
func (r *report) plotted() (names []string, columns []*shapeResult) {
	for _, name := range plotShapes {
		if sh := r.shape(name); sh != nil {
			columns = append(columns, sh)
		}
	}
	for _, s := range servers {
		for _, sh := range columns {
			if find(sh.Cells, s.name) != nil {
				names = append(names, s.name)
				break
			}
		}
	}
	return names, columns
}

func textAt(row int) int { return headHeight + row*rowHeight + barHeight - 2 }

// plotColumn draws the bars of a shape at x.
func plotColumn(b *bytes.Buffer, x int, sh *shapeResult, names []string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", x, headHeight-10, html.EscapeString(sh.title()))
	low, high := math.Inf(1), 0.0
	for _, c := range sh.Cells {
		low, high = min(low, c.CPU.Median), max(high, c.CPU.Median)
	}
	low /= 2 // so that the shortest bar can be seen
	for i, name := range names {
		c := find(sh.Cells, name)
		if c == nil || c.CPU.Median <= 0 {
			continue
		}
		length := barsWidth * math.Log(c.CPU.Median/low) / math.Log(high/low)
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/>`+"\n",
			x, headHeight+i*rowHeight, length, barHeight, color(name))
		fmt.Fprintf(b, `<text x="%.0f" y="%d">%.2f</text>`+"\n", float64(x)+length+4, textAt(i), c.CPU.Median)
	}
}

func color(server string) string {
	switch {
	case server == limit:
		return "#444444"
	case strings.HasPrefix(server, "oneport"):
		return "#1f77b4"
	}
	return "#bbbbbb"
}
