package finagle

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// clientTime bounds a run of the client; the slowest case takes some seconds.
const clientTime = time.Minute

// finagleClient is a case that runs.
type finagleClient struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

// startClient starts a case against servers.
func startClient(t *testing.T, program, name string, addrs ...string) *finagleClient {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), clientTime)
	t.Cleanup(cancel)
	c := &finagleClient{t: t, cmd: exec.CommandContext(ctx, program, name, strings.Join(addrs, ","))}
	c.cmd.WaitDelay = 5 * time.Second
	c.cmd.Stderr = &c.stderr
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin, c.lines = stdin, bufio.NewScanner(stdout)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// line returns the client's next line, "" at its end.
func (c *finagleClient) line() string {
	c.lines.Scan()
	return c.lines.Text()
}

// wantOK waits for the end of the case, which is to be a good one.
func (c *finagleClient) wantOK() {
	c.t.Helper()
	said := c.line()
	err := c.cmd.Wait()
	if detail, ok := strings.CutPrefix(said, "ok "); ok && err == nil {
		c.t.Log(detail)
		return
	}
	stderr := c.stderr.String()
	c.t.Errorf("the client said %q, %v\n%s", said, err, stderr[max(0, len(stderr)-4000):])
}
