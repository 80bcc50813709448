// Command bench measures what servers cost: CPU seconds of the server's process
// for a million calls.
//
//	make bench              # about four minutes, with what each filter costs
//	make bench BENCH=full   # what BENCHMARKS.md shows
//
// Each server runs in a process of its own. Where there are two cores, servers
// are pinned to one and the generator to the other. A shape is a number of
// connections, of calls in flight on each, and a size. In each round every server
// is loaded for a moment, one after the other, so that whatever else happens on
// the machine hits all of them alike; what is printed are medians of the rounds,
// and the ratio is the median of the ratios within the rounds.
//
// With -before FOLDER, a checkout of an earlier version, each of oneport's rows is
// also built against that library and loaded in turn with the other; a table gives
// the ratio of the two:
//
//	go run . -before /path/to/earlier -servers '^oneport' -shapes '^(8x32|32x1) ' -idle 0
//
// A new server is a new entry in servers.go, and a program that listens, prints
// where, and obeys its standard input as package child says. A program that
// cannot be built is named as missing.
package main
