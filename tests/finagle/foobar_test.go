package finagle

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
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
	addr    string
	metrics string // URL

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
	cmd := exec.CommandContext(ctx, program, "-addr", "127.0.0.1:0", "-quiet", "-log", "-metrics", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := &foobar{}
	addr, metrics, drained := make(chan string, 1), make(chan string, 1), make(chan struct{})
	go func() { // ends when the program has ended and the pipe is closed
		defer close(drained)
		f.drain(r, addr, metrics)
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
	late := time.After(20 * time.Second)
	for f.addr == "" || f.metrics == "" {
		select {
		case f.addr = <-addr:
		case f.metrics = <-metrics:
		case <-late:
			t.Fatal("foobar printed no address")
		}
	}
	return f
}

// wantHandled waits until that many calls of a method of FooApi have ended with a
// code, by the metrics.
func (f *foobar) wantHandled(t *testing.T, method, code string, want int) {
	t.Helper()
	line := fmt.Sprintf("thrift_server_handled_total{thrift_code=%q,thrift_method=%q,thrift_service=\"FooApi\",thrift_type=\"call\"} %d\n",
		code, method, want)
	var all []byte
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(f.metrics)
		if err != nil {
			t.Fatal(err)
		}
		all, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(all, []byte(line)) {
			return
		}
	}
	t.Errorf("no line %s in\n%s", line, all)
}

// drain keeps what the program prints and passes on the addresses that its first
// lines end in.
func (f *foobar) drain(r io.Reader, addr, metrics chan<- string) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if words := strings.Fields(line); strings.HasPrefix(line, "serving ") && len(addr) == 0 {
			addr <- words[len(words)-1]
		} else if strings.HasPrefix(line, "metrics on ") && len(metrics) == 0 {
			metrics <- words[len(words)-1]
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
