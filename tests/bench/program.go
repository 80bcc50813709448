package main

import (
	"context"
	"fmt"
	"os"
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

// goProgramBefore is goProgram, built against the library of another checkout. The
// program itself is this module's: both versions are measured by the same code.
func goProgramBefore(folder, checkout string) *program {
	return &program{build: func(ctx context.Context, out string) ([]string, error) {
		path, err := filepath.Abs(filepath.Join(out, strings.ReplaceAll(folder, "/", "-")+"-before"))
		if err != nil {
			return nil, err
		}
		mod, err := writeModFile(out, checkout)
		if err != nil {
			return nil, err
		}
		return []string{path}, command(ctx, "go", "build", "-modfile", mod, "-o", path, "./"+folder)
	}}
}

// writeModFile writes this module's go.mod and go.sum into folder out, with the
// library replaced by that of a checkout, and returns the name of the go.mod.
func writeModFile(out, checkout string) (string, error) {
	library, err := filepath.Abs(checkout)
	if err != nil {
		return "", err
	}
	own, err := os.ReadFile("go.mod")
	if err != nil {
		return "", err
	}
	const here = "=> ../..\n"
	if !strings.Contains(string(own), here) {
		return "", fmt.Errorf("go.mod does not replace the library by %q", here)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return "", err
	}
	mod := filepath.Join(out, "before.mod")
	text := strings.Replace(string(own), here, "=> "+library+"\n", 1)
	if err := os.WriteFile(mod, []byte(text), 0o644); err != nil {
		return "", err
	}
	return mod, os.WriteFile(filepath.Join(out, "before.sum"), sum, 0o644)
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
	for _, s := range p.rows() {
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
