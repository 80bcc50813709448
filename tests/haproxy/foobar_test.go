package haproxy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// foobar is a process of examples/foobar that logs its calls.
type foobar struct {
	addr string
	cmd  *exec.Cmd
	log  bytes.Buffer // to be read when the process has ended
}

// line is what is looked at of a line in the log.
type line struct {
	Msg, Service, Method, Peer, Dialect, Identity, Outcome string
}

// startFoobar builds and starts foobar on a free port.
func startFoobar(t *testing.T, flags ...string) *foobar {
	t.Helper()
	program := filepath.Join(suite.BuildDir(t), "bin", "foobar-haproxy")
	build := exec.Command("go", "build", "-o", program, "./examples/foobar")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	f := &foobar{cmd: exec.Command(program, append([]string{"-addr", "127.0.0.1:0", "-quiet", "-log"}, flags...)...)}
	f.cmd.Stderr = &f.log
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.cmd.Process.Kill() })
	first, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		f.cmd.Wait()
		t.Fatalf("%v\n%s", err, f.log.String())
	}
	words := strings.Fields(first)
	f.addr = words[len(words)-1]
	return f
}

// stop ends the process, and returns its log.
func (f *foobar) stop(t *testing.T) []line {
	t.Helper()
	f.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(15*time.Second, func() { f.cmd.Process.Kill() })
	defer kill.Stop()
	if err := f.cmd.Wait(); err != nil {
		t.Errorf("foobar: %v", err)
	}
	var lines []line
	for text := range strings.Lines(f.log.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			l.Msg = text
		}
		lines = append(lines, l)
	}
	return lines
}

// wantCalls checks that the log has a line for each call and no other, with the
// peers' addresses if they are given, in any order.
func wantCalls(t *testing.T, log []line, calls int, peers map[string]bool) {
	t.Helper()
	if len(log) != calls {
		t.Errorf("%d lines in the log, want one for each of %d calls: %+v", len(log), calls, log)
	}
	for _, l := range log {
		if l.Msg != "call" || l.Outcome != "ok" || peers != nil && !peers[l.Peer] {
			t.Errorf("a line that should not be: %+v, with peers %v", l, peers)
		}
	}
}
