package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// exitAbsent is the status by which a build.sh says that something which it needs
// is not to be had; the last line that it prints says what.
const exitAbsent = 77

// An absentError says why a server cannot run here.
type absentError struct{ why string }

func (e *absentError) Error() string { return e.why }

// buildDir returns the folder for everything that is built.
func buildDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BUILD")
	if dir == "" {
		dir = "../../build"
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// build builds a server and returns its program. What it needs of other places it
// has from an earlier run, so that building again takes a moment.
func (s *server) build(t *testing.T) (string, error) {
	if s.name == "go" {
		program := filepath.Join(buildDir(t), "bin", "apache-server")
		cmd := exec.Command("go", "build", "-o", program, ".")
		cmd.Dir = "../peers/reference"
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
		return program, nil
	}
	out := filepath.Join(buildDir(t), "servers", s.name)
	program := filepath.Join(out, "server")
	if newer(program, s.name, "../../thrift") {
		return program, nil
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", err
	}
	idl, err := filepath.Abs("../../thrift")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "build.sh")
	cmd.Dir = s.name
	cmd.Env = append(os.Environ(), "IDL="+idl, "OUT="+out)
	printed, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitAbsent {
		lines := bytes.Split(bytes.TrimSpace(printed), []byte("\n"))
		return "", &absentError{string(lines[len(lines)-1])}
	}
	if err != nil {
		return "", fmt.Errorf("build.sh: %w\n%s", err, bytes.TrimSpace(printed))
	}
	return program, nil
}

// newer reports whether a program is there and no file of the folders has changed
// since.
func newer(program string, folders ...string) bool {
	have, err := os.Stat(program)
	if err != nil {
		return false
	}
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return false
		}
		for _, e := range entries {
			if info, err := e.Info(); err != nil || !e.IsDir() && info.ModTime().After(have.ModTime()) {
				return false
			}
		}
	}
	return true
}
