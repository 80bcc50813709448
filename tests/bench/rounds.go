package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/oneport-thrift/oneport/internal/load"
	"github.com/oneport-thrift/oneport/tests/bench/child"
)

// sample is what one server did in one round.
type sample struct {
	// CPU is the time of the process for a call, in µs: seconds for a million.
	CPU float64 `json:"cpu"`
	// Rate is the number of calls in a second.
	Rate float64 `json:"rate"`
	// P50 and P99 are quantiles of the time of a call, in µs.
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	// Allocs is the number of objects allocated for a call; -1 if unknown.
	Allocs float64 `json:"allocs"`
}

// loaded is a server under the load of a shape.
type loaded struct {
	*process
	gen     *load.Generator
	samples []sample
	err     error // why it is left out
}

// end ends the load and the server.
func (l *loaded) end() {
	l.gen.Close()
	l.stop()
}

// measure loads every server with sh, in turns. One that fails is left out from
// then on, and the failure noted in r.
func (p *plan) measure(ctx context.Context, r *report, sh shape, all []built) []cell {
	var running []*loaded
	for _, b := range all {
		l, err := p.load(ctx, sh, b)
		if err != nil {
			r.fail(b.name+" at "+sh.title(), err)
			continue
		}
		defer l.end()
		running = append(running, l)
	}
	for range p.rounds {
		for _, l := range running {
			if l.err == nil {
				l.err = l.sample(ctx, load.Bound{Duration: p.round})
			}
		}
	}
	var cells []cell
	for _, l := range running {
		c, err := p.finish(ctx, sh, l)
		if err != nil {
			r.fail(l.name+" at "+sh.title(), err)
			continue
		}
		cells = append(cells, c)
	}
	relate(cells)
	return cells
}

// finish returns what l did in all rounds.
func (p *plan) finish(ctx context.Context, sh shape, l *loaded) (cell, error) {
	if l.err != nil {
		return cell{}, l.err
	}
	if err := p.profile(ctx, sh, l); err != nil {
		return cell{}, err
	}
	r, err := l.ask(child.Stats)
	return newCell(l.server, r.Versions, l.samples), err
}

// profileTime is how long a server is loaded at least for a CPU profile.
const profileTime = 3 * time.Second

// load starts b and its load, and warms it up.
func (p *plan) load(ctx context.Context, sh shape, b built) (*loaded, error) {
	proc, err := b.start(ctx, p.out, sh.args()...)
	if err != nil {
		return nil, err
	}
	gen, err := proc.dial(ctx, sh)
	if err != nil {
		proc.stop()
		return nil, err
	}
	l := &loaded{process: proc, gen: gen}
	if _, err := l.make(ctx, load.Bound{Duration: max(p.warm, b.warm)}); err != nil {
		l.end()
		return nil, err
	}
	return l, nil
}

// make makes calls, all of which must be answered right.
func (l *loaded) make(ctx context.Context, b load.Bound) (*load.Result, error) {
	res, err := l.gen.Run(ctx, b)
	if err != nil {
		return nil, err
	}
	if res.Right != res.Calls {
		return nil, fmt.Errorf("of %d calls %d got exceptions and %d wrong replies", res.Calls, res.Exceptions, res.Wrong)
	}
	return res, nil
}

// sample makes calls and measures them.
func (l *loaded) sample(ctx context.Context, b load.Bound) error {
	before, err := l.ask(child.Stats)
	if err != nil {
		return err
	}
	cpu, err := l.cpuTime()
	if err != nil {
		return err
	}
	res, err := l.make(ctx, b)
	if err != nil {
		return err
	}
	end, err := l.cpuTime()
	if err != nil {
		return err
	}
	after, err := l.ask(child.Stats)
	if err != nil {
		return err
	}
	s := sample{
		CPU:    float64((end - cpu).Microseconds()) / float64(res.Calls),
		Rate:   res.Rate(),
		P50:    float64(res.Latency.Quantile(0.50).Nanoseconds()) / 1e3,
		P99:    float64(res.Latency.Quantile(0.99).Nanoseconds()) / 1e3,
		Allocs: -1,
	}
	if after.Mallocs > 0 {
		s.Allocs = float64(after.Mallocs-before.Mallocs) / float64(res.Calls)
	}
	l.samples = append(l.samples, s)
	return nil
}

// profile writes the CPU profile of a round that does not count, if the plan wants
// one.
func (p *plan) profile(ctx context.Context, sh shape, l *loaded) error {
	if p.profiles == "" {
		return nil
	}
	name := strings.Map(fileRune, l.name+" "+sh.String()) + ".pprof"
	file, err := filepath.Abs(filepath.Join(p.profiles, name))
	if err != nil {
		return err
	}
	if _, err := l.ask(child.Profile + " " + file); err != nil {
		return err
	}
	if _, err := l.make(ctx, load.Bound{Duration: max(p.round, profileTime)}); err != nil {
		return err
	}
	_, err = l.ask(child.EndProfile)
	return err
}
