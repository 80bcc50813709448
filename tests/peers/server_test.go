package peers

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/internal/suite"
)

// A server is a running program that serves FooApi and BarApi.
type server struct {
	host, port string

	mu     sync.Mutex
	output bytes.Buffer
}

// buildServer builds a main package of Go with the race detector and returns
// the program's path. The package is relative to the folder of this test.
func buildServer(t *testing.T, pkg string) string {
	t.Helper()
	program := filepath.Join(suite.BuildDir(t), "bin", filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-race", "-o", program, ".")
	cmd.Dir = pkg
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, out)
	}
	return program
}

// startServer runs the program until the test ends, and fails the test if the
// race detector has anything to say.
func startServer(t *testing.T, program string, args ...string) *server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	s := &server{}
	addr := make(chan string, 1)
	drained := make(chan struct{})
	go func() { // ends when the program has ended and the pipe is closed
		defer close(drained)
		s.drain(r, addr)
	}()
	t.Cleanup(func() {
		cancel()
		cmd.Wait()
		w.Close()
		<-drained
		if t.Failed() || strings.Contains(s.output.String(), "DATA RACE") {
			t.Errorf("the server said, at last:\n%s", tail(s.output.String(), 4000))
		}
	})

	select {
	case a := <-addr:
		var err error
		if s.host, s.port, err = net.SplitHostPort(a); err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s printed no address", program)
	}
	return s
}

// drain keeps what the server prints and passes on the address of its first
// line, which is the line's last word.
func (s *server) drain(r io.Reader, addr chan<- string) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "serving ") {
			words := strings.Fields(line)
			select {
			case addr <- words[len(words)-1]:
			default:
			}
		}
		s.mu.Lock()
		s.output.WriteString(line + "\n")
		s.mu.Unlock()
	}
	io.Copy(io.Discard, r)
}
