package finagle

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// finagleServer is Finagle's server, running.
type finagleServer struct {
	t     *testing.T
	addr  string
	stdin io.WriteCloser
	lines *bufio.Scanner
}

// startServer runs Finagle's server, of ThriftMux or plain Thrift, until the test
// ends.
func startServer(t *testing.T, kind string) *finagleServer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, build(t, "server"), kind)
	cmd.WaitDelay = 5 * time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close() // which ends it
		if err := cmd.Wait(); err != nil {
			t.Errorf("Finagle's server ended: %v", err)
		}
		cancel()
	})
	s := &finagleServer{t: t, stdin: stdin, lines: bufio.NewScanner(stdout)}
	said := s.line()
	addr, ok := strings.CutPrefix(said, "listening ")
	if !ok {
		t.Fatalf("Finagle's server said %q", said)
	}
	s.addr = addr
	return s
}

func (s *finagleServer) line() string {
	s.lines.Scan()
	return s.lines.Text()
}

// tell gives a command, and returns what the server answers.
func (s *finagleServer) tell(command string) string {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.stdin, command); err != nil {
		s.t.Fatal(err)
	}
	return s.line()
}

// count gives a command whose answer is itself and a number.
func (s *finagleServer) count(command string) (n int) {
	s.t.Helper()
	said := s.tell(command)
	if _, err := fmt.Sscanf(said, command+" %d", &n); err != nil {
		s.t.Fatalf("Finagle's server said %q: %v", said, err)
	}
	return n
}
