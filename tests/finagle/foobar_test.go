package finagle

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// foobar is examples/foobar, running.
type foobar struct {
	addr string

	mu     sync.Mutex
	output bytes.Buffer
}

// buildFoobar builds examples/foobar with the race detector.
func buildFoobar(t *testing.T) string {
	t.Helper()
	program := filepath.Join(suite.BuildDir(t), "bin", "foobar")
	cmd := exec.Command("go", "build", "-race", "-o", program, ".")
	cmd.Dir = "../../examples/foobar"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building foobar: %v\n%s", err, out)
	}
	return program
}

// startFoobar runs it, with a line in its log for each call, until the test ends.
func startFoobar(t *testing.T, program string) *foobar {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, program, "-addr", "127.0.0.1:0", "-quiet", "-log")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := &foobar{}
	addr, drained := make(chan string, 1), make(chan struct{})
	go func() { // ends when the program has ended and the pipe is closed
		defer close(drained)
		f.drain(r, addr)
	}()
	t.Cleanup(func() {
		cancel()
		if err := cmd.Wait(); err != nil && ctx.Err() == nil {
			t.Errorf("foobar ended: %v", err)
		}
		w.Close()
		<-drained
		if strings.Contains(f.said(), "DATA RACE") {
			t.Errorf("foobar said:\n%s", f.said())
		}
	})
	select {
	case f.addr = <-addr:
	case <-time.After(20 * time.Second):
		t.Fatal("foobar printed no address")
	}
	return f
}

// drain keeps what the program prints and passes on the address of its first
// line, which is the line's last word.
func (f *foobar) drain(r io.Reader, addr chan<- string) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if words := strings.Fields(line); strings.HasPrefix(line, "serving ") && len(addr) == 0 {
			addr <- words[len(words)-1]
		}
		f.mu.Lock()
		f.output.WriteString(line + "\n")
		f.mu.Unlock()
	}
	io.Copy(io.Discard, r)
}

func (f *foobar) said() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.output.String()
}

// lines counts the lines of the log that hold all the texts.
func (f *foobar) lines(texts ...string) int {
	n := 0
	for line := range strings.Lines(f.said()) {
		has := true
		for _, text := range texts {
			has = has && strings.Contains(line, text)
		}
		if has {
			n++
		}
	}
	return n
}
