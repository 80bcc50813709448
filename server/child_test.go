package server_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
)

// childEnv names what a test runs in a process of its own.
const childEnv = "ONEPORT_TEST_CHILD"

func child(what string) int { return children[what]() }

// childProcess is a process that runs one of children.
type childProcess struct {
	*exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner // what it prints
}

func startChild(t *testing.T, what string) *childProcess {
	t.Helper()
	c := &childProcess{Cmd: exec.Command(os.Args[0])}
	c.Env = append(os.Environ(), childEnv+"="+what)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.in, c.lines = in, bufio.NewScanner(out)
	return c
}

// line returns the next line that the child prints.
func (c *childProcess) line() string {
	c.lines.Scan()
	return c.lines.Text()
}
