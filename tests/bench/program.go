package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// program is something to build, which several servers may share.
type program struct {
	name string
	// build builds it into folder out and returns the command line to run it.
	build func(ctx context.Context, out string) ([]string, error)

	argv []string
	err  error
	done bool
}

// goProgram is the command of this module in server/name.
func goProgram(name string) *program {
	return &program{name: name, build: func(ctx context.Context, out string) ([]string, error) {
		path, err := filepath.Abs(filepath.Join(out, name))
		if err != nil {
			return nil, err
		}
		return []string{path}, command(ctx, "go", "build", "-o", path, "./server/"+name)
	}}
}

// command runs a command of a build.
func command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	printed, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(string(printed)))
	}
	return nil
}

// built is a server that can be started.
type built struct {
	server
	argv []string
}

// few reports whether b is left out of most shapes.
func few(b built) bool { return b.few }

// errNothing is a run without a server.
var errNothing = errors.New("no server matches, or none could be built")

// build builds the programs of the servers of the plan. Those that cannot be built
// are noted as missing.
func (p *plan) build(ctx context.Context, r *report) ([]built, error) {
	var all []built
	for _, s := range servers {
		if !p.servers.MatchString(s.name) {
			continue
		}
		g := s.prog
		if !g.done {
			g.argv, g.err = g.build(ctx, p.out)
			g.done = true
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if g.err != nil {
			fmt.Printf("missing: %s: %v\n", s.name, g.err)
			r.Missing = append(r.Missing, missing{Server: s.name, Why: g.err.Error()})
			continue
		}
		argv := append(append([]string(nil), g.argv...), s.args...)
		all = append(all, built{server: s, argv: argv})
	}
	if len(all) == 0 {
		return nil, errNothing
	}
	return all, nil
}
