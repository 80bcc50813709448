package main

import (
	"fmt"
	"time"
)

// shape is a load.
type shape struct {
	conns    int
	inFlight int // calls on each connection
	size     int // of the string that a call carries and gets back, in bytes
	block    time.Duration
}

// fewShapes is how many of the shapes every server is measured in.
const fewShapes = 2

// shapes is what is measured, in this order.
var shapes = []shape{
	{conns: 8, inFlight: 32, size: 100},
	{conns: 32, inFlight: 1, size: 100},
	{conns: 1, inFlight: 1, size: 100},
	{conns: 256, inFlight: 1, size: 100},
	{conns: 8, inFlight: 32, size: 1 << 10},
	{conns: 8, inFlight: 32, size: 16 << 10},
	{conns: 32, inFlight: 1, size: 16 << 10},
	{conns: 8, inFlight: 32, size: 100, block: 300 * time.Microsecond},
}

// String returns the shape as in "8x32 100", or "8x32 100 blocking 300µs".
func (s shape) String() string {
	text := fmt.Sprintf("%dx%d %d", s.conns, s.inFlight, s.size)
	if s.block > 0 {
		text += " blocking " + s.block.String()
	}
	return text
}

// title is the shape for readers.
func (s shape) title() string {
	text := fmt.Sprintf("%d × %d, %s", s.conns, s.inFlight, sizeText(s.size))
	if s.block > 0 {
		text += fmt.Sprintf(", each call blocks for %v", s.block)
	}
	return text
}

func sizeText(n int) string {
	if n >= 1<<10 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
