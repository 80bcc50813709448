package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oneport-thrift/oneport/tests/bench/child"
)

// client is a row of the tables of clients: a program that calls a server.
type client struct {
	name   string
	what   string
	prog   *program
	server server
}

// ours is the client that the others are held against.
const ours = "oneport, one connection"

// callers are how many goroutines make calls.
var callers = []int{256, 16, 1}

// clients is every row, in the order of the tables.
var clients = []client{
	{name: ours, what: "all callers on one connection",
		prog: goProgram("client/oneport"), server: server{prog: oneport, args: variant("stub")}},
	{name: "Apache Go, a connection each", what: "TStandardClient and TMultiplexedProtocol, framed, a buffer under the frames",
		prog: goProgram("client/apache"), server: server{prog: oneport, args: variant("stub")}},
	{name: "Kitex, one connection", what: "its multiplexed transport, to its own server",
		prog: kitexClient, server: server{prog: kitex, args: variant("mux")}},
}

// clientRows returns the clients to measure, oneport's with an earlier version if
// there is one to compare with.
func (p *plan) clientRows() []client {
	if p.before == "" {
		return clients
	}
	earlier := clients[0]
	earlier.name += beforeSuffix
	earlier.prog = goProgramBefore("client/oneport", p.before)
	earlier.server.prog = goProgramBefore("server/oneport", p.before)
	return slices.Insert(slices.Clone(clients), 1, earlier)
}

// clientResult is what the clients cost with a number of callers.
type clientResult struct {
	Callers int    `json:"callers"`
	Cells   []cell `json:"cells"`
}

func (r *clientResult) title() string { return fmt.Sprintf("%d callers", r.Callers) }

// calling is a client that makes calls, and the server that it calls.
type calling struct {
	*process
	server  *process
	samples []sample
}

// measureClients has every client make calls, in turns, from each number of
// callers. Servers run where in other measurements the generator does.
func (p *plan) measureClients(ctx context.Context, r *report) error {
	for _, n := range callers {
		cells, err := p.measureCallers(ctx, n, r)
		if err != nil {
			return fmt.Errorf("clients with %d callers: %w", n, err)
		}
		if len(cells) > 0 {
			r.Clients = append(r.Clients, clientResult{Callers: n, Cells: cells})
		}
	}
	return nil
}

func (p *plan) measureCallers(ctx context.Context, n int, r *report) ([]cell, error) {
	var running []*calling
	defer func() {
		for _, c := range running {
			c.stop()
			c.server.stop()
		}
	}()
	for _, row := range p.clientRows() {
		if !p.servers.MatchString(row.name) {
			continue
		}
		c, err := p.startClient(ctx, row, n, r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", row.name, err)
		}
		if c != nil {
			running = append(running, c)
		}
	}
	for range p.rounds {
		for _, c := range running {
			if err := c.round(p.round); err != nil {
				return nil, err
			}
		}
	}
	var cells []cell
	for _, c := range running {
		last, err := c.ask(child.Stats)
		if err != nil {
			return nil, err
		}
		cells = append(cells, newCell(c.built.server, last.Versions, c.samples))
	}
	base := find(cells, ours)
	for i := range cells {
		cells[i].OfOurs = cells[i].over(base, cpu)
	}
	return cells, nil
}

// startClient starts a client and its server, and warms both up. It returns nil if
// one cannot be built.
func (p *plan) startClient(ctx context.Context, row client, n int, r *report) (*calling, error) {
	for _, g := range []*program{row.prog, row.server.prog} {
		if err := g.once(ctx, p.out); err != nil {
			r.miss(row.name, err)
			return nil, ctx.Err()
		}
	}
	s := built{server: row.server, argv: row.server.prog.command(row.server.args...)}
	s.name = "server of " + row.name
	serving, err := s.launch(ctx, p.out, startHere)
	if err != nil {
		return nil, err
	}
	b := built{server: server{name: row.name}, argv: row.prog.command("-addr", serving.addr, "-callers", strconv.Itoa(n))}
	proc, err := b.start(ctx, p.out)
	if err != nil {
		serving.stop()
		return nil, err
	}
	c := &calling{process: proc, server: serving}
	if err := c.round(p.warm); err != nil {
		c.stop()
		serving.stop()
		return nil, err
	}
	c.samples = nil
	return c, nil
}

// round has the client make calls for the time d and takes a sample.
func (c *calling) round(d time.Duration) error {
	before, err := c.ask(child.Stats)
	if err != nil {
		return err
	}
	start, err := c.cpuTime()
	if err != nil {
		return err
	}
	after, err := c.ask(child.Run + " " + d.String())
	if err != nil {
		return err
	}
	end, err := c.cpuTime()
	if err != nil {
		return err
	}
	calls := float64(after.Calls)
	if calls == 0 {
		return fmt.Errorf("%s: no call in %v", c.name, d)
	}
	c.samples = append(c.samples, sample{
		CPU: float64((end - start).Microseconds()) / calls, Rate: calls / d.Seconds(),
		Allocs: float64(after.Mallocs-before.Mallocs) / calls,
	})
	return nil
}
