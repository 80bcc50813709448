//go:build unix

// Package tests_test holds the tests of the scripts that run the other tests.
package tests_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tools is a folder of programs that stand for others.
type tools string

func newTools(t *testing.T) tools { return tools(t.TempDir()) }

// put adds a program, which is a shell script.
func (d tools) put(t *testing.T, name, script string) (path string) {
	t.Helper()
	path = filepath.Join(string(d), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a script of this folder in dir, where the programs of d are found first.
// It returns the output and the exit code.
func (d tools) run(t *testing.T, dir string, env []string, script string, args ...string) (out string, code int) {
	t.Helper()
	script, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{script}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+string(d)+":"+os.Getenv("PATH"), "BUILD="+t.TempDir())
	cmd.Env = append(cmd.Env, env...)
	b, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// TestStages: all stages run though one fails, unless the others need it.
func TestStages(t *testing.T) {
	for _, tt := range []struct {
		fails, ran string
		code       int
		want       string
	}{
		{"none", "setup build vet test ", 0, "all 4 stages passed"},
		{"vet", "setup build vet test ", 1, "1 of 4 stages failed"},
		{"test", "setup build vet test ", 1, "1 of 4 stages failed"},
		{"build", "setup build ", 1, "build failed, and the stages after it need it"},
		{"setup", "setup ", 1, "setup failed, and the stages after it need it"},
	} {
		t.Run(tt.fails, func(t *testing.T) {
			d := newTools(t)
			ran := filepath.Join(string(d), "ran")
			fake := d.put(t, "fakemake", `printf '%s ' "$2" >>"`+ran+`"; test "$2" != "`+tt.fails+`"`)
			out, code := d.run(t, "..", []string{"MAKE=" + fake, "NEEDED=setup build"}, "stages.sh", "setup", "build", "vet", "test")
			got, err := os.ReadFile(ran)
			if err != nil || string(got) != tt.ran || code != tt.code || !strings.Contains(out, tt.want) {
				t.Errorf("ran %q (%v), exit code %d; want %q, %d and %q in\n%s", got, err, code, tt.ran, tt.code, tt.want, out)
			}
			for _, stage := range []string{"setup", "build", "vet", "test"} {
				left := strings.Contains(out, stage+strings.Repeat(" ", 25-len(stage))+"not run: it needs "+tt.fails)
				if left == strings.Contains(tt.ran, stage) {
					t.Errorf("%s is named as not run: %v, in\n%s", stage, left, out)
				}
			}
		})
	}
}

// TestSetupTriesAgain: a lock is waited for, and what fails otherwise is tried three
// times.
func TestSetupTriesAgain(t *testing.T) {
	const lock = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)"
	for name, tt := range map[string]struct {
		text     string // what apt-get says when it fails
		failures string // how often it does
		patience string
		code     int
		runs     int
	}{
		"nothing fails":         {"", "0", "300", 0, 2},
		"a download":            {"E: Failed to fetch http://127.0.0.1/x", "2", "300", 0, 4},
		"a download, for good":  {"E: Failed to fetch http://127.0.0.1/x", "100", "300", 1, 3},
		"a lock":                {lock, "10", "300", 0, 12},
		"a lock, for too long":  {lock, "100", "0", 1, 1},
		"a lock and a download": {lock, "1", "300", 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			d, dir := newTools(t), t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "tests"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "tests", "debian.txt"), []byte("nonesuch false\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			runs := filepath.Join(string(d), "runs")
			d.put(t, "id", "echo 0")
			d.put(t, "apt-get", `echo "$*" >>"`+runs+`"
if [ "$(wc -l <"`+runs+`")" -le `+tt.failures+` ]; then echo "`+tt.text+`" >&2; exit 100; fi`)
			out, code := d.run(t, dir, []string{"SETUP_PAUSE=0", "SETUP_PATIENCE=" + tt.patience}, "setup.sh")
			b, err := os.ReadFile(runs)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Split(strings.TrimSpace(string(b)), "\n")
			if code != tt.code || len(all) != tt.runs {
				t.Errorf("exit code %d after %d runs, want %d after %d:\n%s", code, len(all), tt.code, tt.runs, out)
			}
			for _, run := range all {
				if !strings.Contains(run, "DPkg::Lock::Timeout=") {
					t.Errorf("apt-get does not wait for the lock: %s", run)
				}
			}
			if code != 0 && !strings.Contains(out, tt.text) {
				t.Errorf("the output does not say why:\n%s", out)
			}
		})
	}
}
