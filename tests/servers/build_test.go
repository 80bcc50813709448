package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// build builds a server and returns its program. What it needs of other places it
// has from an earlier run, so that building again takes a moment.
func (s *server) build(t *testing.T) (string, error) {
	if s.name == "go" {
		program := filepath.Join(suite.BuildDir(t), "bin", "apache-server")
		cmd := exec.Command("go", "build", "-o", program, ".")
		cmd.Dir = "../peers/reference"
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
		return program, nil
	}
	out := filepath.Join(suite.BuildDir(t), "servers", s.name)
	program := filepath.Join(out, "server")
	if newer(program, s.name, "../../thrift") {
		return program, nil
	}
	return program, suite.Build(t.Context(), s.name, out)
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
