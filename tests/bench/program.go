package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// program is something to build, which several servers may share.
type program struct {
	// build builds it into folder out and returns the command line to run it.
	build func(ctx context.Context, out string) ([]string, error)

	argv []string
	err  error
	done bool
}

// goProgram is the command of this module in a folder.
func goProgram(folder string) *program {
	return &program{build: func(ctx context.Context, out string) ([]string, error) {
		path, err := filepath.Abs(filepath.Join(out, strings.ReplaceAll(folder, "/", "-")))
		if err != nil {
			return nil, err
		}
		return []string{path}, command(ctx, "go", "build", "-o", path, "./"+folder)
	}}
}

// once builds the program, unless that has been tried.
func (g *program) once(ctx context.Context, out string) error {
	if !g.done {
		g.argv, g.err = g.build(ctx, out)
		g.done = true
	}
	return g.err
}

// command returns the command line to run the built program with args.
func (g *program) command(args ...string) []string {
	return append(slices.Clone(g.argv), args...)
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

// build builds the programs of the servers of the plan. Those that cannot be built
// are noted as missing.
func (p *plan) build(ctx context.Context, r *report) ([]built, error) {
	var all []built
	for _, s := range servers {
		if !p.servers.MatchString(s.name) {
			continue
		}
		if err := s.prog.once(ctx, p.out); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			r.miss(s.name, err)
			continue
		}
		all = append(all, built{server: s, argv: s.prog.command(s.args...)})
	}
	return all, nil
}
