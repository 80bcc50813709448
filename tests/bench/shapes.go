package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oneport-thrift/oneport/tests/bench/child"
)

// shape is a load.
type shape struct {
	conns    int
	inFlight int           // calls on each connection
	size     int           // of the string that a call carries and gets back, in bytes
	block    time.Duration // how long each call blocks
	slow     int           // of how many calls one takes child.SlowCall
	rows     func(server) bool
}

// shapes is what is measured, in this order.
var shapes = []shape{
	{conns: 8, inFlight: 32, size: 100, rows: every},
	{conns: 32, inFlight: 1, size: 100, rows: every},
	{conns: 1, inFlight: 1, size: 100, rows: mostAnd(overMux, overHTTP)},
	{conns: 1, inFlight: 100, size: 100, rows: named(limit, stub, overMux, twitterMux)},
	{conns: 256, inFlight: 1, size: 100, rows: most},
	{conns: 8, inFlight: 32, size: 1 << 10, rows: most},
	{conns: 8, inFlight: 32, size: 16 << 10, rows: most},
	{conns: 32, inFlight: 1, size: 16 << 10, rows: most},
	{conns: 8, inFlight: 32, size: 100, block: 300 * time.Microsecond, rows: most},
	{conns: 8, inFlight: 32, size: 100, slow: 1000, rows: named(stub, overMux)},
	// As many as leave room for two servers within 20,000 descriptors.
	{conns: 9900, inFlight: 1, size: 100, rows: named(limit, stub)},
}

func every(server) bool { return true }

func most(s server) bool { return !s.few }

func named(names ...string) func(server) bool {
	return func(s server) bool { return slices.Contains(names, s.shapeName()) }
}

// mostAnd is what most shapes are for, and the servers of those names.
func mostAnd(names ...string) func(server) bool {
	return func(s server) bool { return most(s) || slices.Contains(names, s.shapeName()) }
}

// of returns the servers that s is for.
func (s shape) of(all []built) []built {
	var some []built
	for _, b := range all {
		if s.rows(b.server) && (s.inFlight == 1 || !b.single) {
			some = append(some, b)
		}
	}
	return some
}

// args returns what the shape adds to the command line of a server.
func (s shape) args() []string {
	var args []string
	if s.block > 0 {
		args = append(args, "-block", s.block.String())
	}
	if s.slow > 0 {
		args = append(args, "-slow", strconv.Itoa(s.slow))
	}
	return args
}

// String returns the shape as in "8x32 100", "8x32 100 blocking 300µs" or "8x32 100
// slow 1000".
func (s shape) String() string {
	text := fmt.Sprintf("%dx%d %d", s.conns, s.inFlight, s.size)
	if s.block > 0 {
		text += " blocking " + s.block.String()
	}
	if s.slow > 0 {
		text += " slow " + strconv.Itoa(s.slow)
	}
	return text
}

// title is the shape for readers.
func (s shape) title() string {
	text := fmt.Sprintf("%d × %d, %s", s.conns, s.inFlight, sizeText(s.size))
	if s.block > 0 {
		text += fmt.Sprintf(", each call blocks for %v", s.block)
	}
	if s.slow > 0 {
		text += fmt.Sprintf(", one call in %d takes %v", s.slow, child.SlowCall)
	}
	return text
}

func sizeText(n int) string {
	if n >= 1<<10 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
