package main

import (
	"context"
	"fmt"

	"github.com/oneport-thrift/oneport/internal/load"
	"github.com/oneport-thrift/oneport/tests/bench/child"
)

// idleSizes are the sizes of the one call that each connection has made.
var idleSizes = []int{100, 16 << 10}

// idle is the memory that a server holds for an idle connection, in bytes.
type idle struct {
	Server string `json:"server"`
	Conns  int    `json:"conns"`
	Size   int    `json:"size"` // of the call that was made
	// Resident is by the system's count, after garbage was collected; InUse is
	// what the Go runtime counts for heap and stacks, 0 in other servers.
	Resident int64 `json:"resident"`
	InUse    int64 `json:"in_use"`
}

// measureIdle opens many connections to each server, makes a call on each, and
// looks at what they cost when nothing goes on.
func (p *plan) measureIdle(ctx context.Context, all []built) ([]idle, error) {
	var res []idle
	for _, b := range all {
		for _, size := range idleSizes {
			one, err := p.idle1(ctx, b, shape{conns: p.idle, inFlight: 1, size: size})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.name, err)
			}
			res = append(res, one)
		}
	}
	return res, nil
}

func (p *plan) idle1(ctx context.Context, b built, sh shape) (idle, error) {
	proc, err := b.start(ctx, p.out)
	if err != nil {
		return idle{}, err
	}
	defer proc.stop()
	before, err := proc.memory()
	if err != nil {
		return idle{}, err
	}
	gen, err := proc.dial(ctx, sh)
	if err != nil {
		return idle{}, err
	}
	defer gen.Close()
	l := loaded{process: proc, gen: gen}
	if _, err := l.make(ctx, load.Bound{Calls: int64(sh.conns)}); err != nil {
		return idle{}, err
	}
	after, err := proc.memory()
	if err != nil {
		return idle{}, err
	}
	n := int64(sh.conns)
	return idle{
		Server: b.name, Conns: sh.conns, Size: sh.size,
		Resident: (after.Resident - before.Resident) / n, InUse: (after.InUse - before.InUse) / n,
	}, nil
}

// memory is what the process holds, in bytes, in the fields of idle.
func (p *process) memory() (idle, error) {
	r, err := p.ask(child.Collect)
	if err != nil {
		return idle{}, err
	}
	resident, err := p.resident()
	return idle{Resident: resident, InUse: int64(r.InUse)}, err
}
