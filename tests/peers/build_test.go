package peers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// exitAbsent is the status by which a build.sh says that something which it
// needs is not to be had; the last line that it prints says what.
const exitAbsent = 77

// An absentError says why a peer cannot run here.
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

// build builds a peer unless that has been done with the same sources, and
// returns the path of its program.
func (p *peer) build(t *testing.T) (string, error) {
	out := filepath.Join(buildDir(t), "peers", p.name)
	program := filepath.Join(out, "client")
	stamp := filepath.Join(out, "stamp")
	sum, err := digest(p.name, "../../thrift", "absent.sh", "go.mod")
	if err != nil {
		return "", err
	}
	if have, err := os.ReadFile(stamp); err == nil && string(have) == sum {
		return program, nil
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", err
	}
	if err := p.runBuild(t, out); err != nil {
		return "", err
	}
	return program, os.WriteFile(stamp, []byte(sum), 0o644)
}

func (p *peer) runBuild(t *testing.T, out string) error {
	idl, err := filepath.Abs("../../thrift")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "build.sh")
	cmd.Dir = p.name
	cmd.Env = append(os.Environ(), "IDL="+idl, "OUT="+out)
	printed, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitAbsent {
		lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
		return &absentError{lines[len(lines)-1]}
	}
	if err != nil {
		return fmt.Errorf("build.sh: %w\n%s", err, bytes.TrimSpace(printed))
	}
	return nil
}

// digest returns a digest of the names and contents of all files under the paths.
func digest(paths ...string) (string, error) {
	hash := sha256.New()
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}
