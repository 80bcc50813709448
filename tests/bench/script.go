package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// buildTime bounds a build script, which may download what it needs.
const buildTime = 10 * time.Minute

// scriptProgram is a command that server/name/build.sh builds: it runs in its
// folder and leaves commands in the folder $OUT; $IDL is the folder of the .thrift
// files. It does not run again while neither has changed.
func scriptProgram(name, command string) *program {
	return &program{build: func(ctx context.Context, out string) ([]string, error) {
		src := filepath.Join("server", name)
		idl, err := filepath.Abs("../../thrift")
		if err != nil {
			return nil, err
		}
		if out, err = filepath.Abs(filepath.Join(out, name)); err != nil {
			return nil, err
		}
		argv := []string{filepath.Join(out, command)}
		sum, err := digest(src, filepath.Join(idl, "foo.thrift"))
		if err != nil {
			return nil, err
		}
		stamp := filepath.Join(out, "stamp")
		if have, err := os.ReadFile(stamp); err == nil && string(have) == sum {
			return argv, nil
		}
		if err := os.MkdirAll(out, 0o755); err != nil {
			return nil, err
		}
		if err := runScript(ctx, src, "OUT="+out, "IDL="+idl); err != nil {
			return nil, err
		}
		return argv, os.WriteFile(stamp, []byte(sum), 0o644)
	}}
}

// runScript runs build.sh in folder dir. The error is the last line it printed.
func runScript(ctx context.Context, dir string, env ...string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "build.sh")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	printed, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
		return fmt.Errorf("%s (%w)", lines[len(lines)-1], err)
	}
	return nil
}

// digest sums up the files of folder dir and others.
func digest(dir string, files ...string) (string, error) {
	sum := sha256.New()
	add := func(file string) error {
		b, err := os.ReadFile(file)
		fmt.Fprintf(sum, "%s %d\n%s", file, len(b), b)
		return err
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return add(path)
	})
	for _, file := range files {
		if err == nil {
			err = add(file)
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}
