package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"
)

// plan is what a run of the benchmark does.
type plan struct {
	rounds    int
	round     time.Duration // for each server
	warm      time.Duration
	idle      int // connections of the idle measurement; 0: none
	noClients bool
	servers   *regexp.Regexp
	shapes    *regexp.Regexp
	out       string // folder for programs, logs and results
	profiles  string // folder for CPU profiles; empty: none
	document  string // file to write the tables into; empty: none
	before    string // checkout of an earlier version to compare with; empty: none
}

func main() {
	p, full := plan{}, false
	var servers, shapes string
	flag.BoolVar(&full, "full", false, "longer rounds")
	flag.IntVar(&p.rounds, "rounds", 5, "number of rounds")
	flag.DurationVar(&p.round, "round", 0, "how long each server is loaded in a round (default 120ms, 1s with -full)")
	flag.IntVar(&p.idle, "idle", 10_000, "connections to leave idle; 0 leaves this measurement out")
	flag.BoolVar(&p.noClients, "noclients", false, "leave the clients out")
	flag.StringVar(&servers, "servers", "", "only servers and clients that match this `regexp`")
	flag.StringVar(&shapes, "shapes", "", "only shapes that match this `regexp`, as \"^8x32 100$\"")
	flag.StringVar(&p.out, "out", "../../build/bench", "`folder` for what is built and for results")
	flag.StringVar(&p.profiles, "profiles", "", "write a CPU profile of each server and shape into this `folder`")
	flag.StringVar(&p.document, "document", "", "replace the tables in this `file`")
	flag.StringVar(&p.before, "before", "", "measure the library in this `checkout` too, as an earlier version")
	flag.Parse()
	if p.round == 0 {
		p.round = 120 * time.Millisecond
		if full {
			p.round = time.Second
		}
	}
	p.warm = max(p.round/2, 50*time.Millisecond)

	var err error
	if p.servers, err = regexp.Compile(servers); err == nil {
		p.shapes, err = regexp.Compile(shapes)
	}
	if err == nil {
		err = pinGenerator()
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err = p.run(ctx)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does it all: builds, measures, prints and writes results.
func (p *plan) run(ctx context.Context) error {
	if err := os.MkdirAll(p.out, 0o755); err != nil {
		return err
	}
	r := newReport(p)
	built, err := p.build(ctx, r)
	if err != nil {
		return err
	}
	for _, sh := range shapes {
		measured := sh.of(built)
		if len(measured) == 0 || !p.shapes.MatchString(sh.String()) {
			continue
		}
		if n := sh.conns * len(measured); n > descriptors() {
			r.miss(sh.title(), fmt.Errorf("%d connections are more than this process may open", n))
			continue
		}
		cells := p.measure(ctx, r, sh, measured)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Shapes = append(r.Shapes, shapeResult{shape: sh, Shape: sh.String(), Cells: cells})
		r.Shapes[len(r.Shapes)-1].print(os.Stdout)
	}
	if !p.noClients {
		if err := p.measureClients(ctx, r); err != nil {
			return err
		}
		for i := range r.Clients {
			r.Clients[i].print(os.Stdout)
		}
	}
	if p.idle > 0 {
		if r.Idle, err = p.measureIdle(ctx, shape{rows: most}.of(built)); err != nil {
			return fmt.Errorf("idle connections: %w", err)
		}
		r.printIdle(os.Stdout)
	}
	r.printBefore(os.Stdout)
	r.printAims(os.Stdout)
	if err := r.write(p); err != nil {
		return err
	}
	if n := len(r.Failed); n > 0 {
		return fmt.Errorf("%d measurements failed", n)
	}
	return nil
}
