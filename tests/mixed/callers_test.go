package mixed

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// maxTime bounds the life of a program.
const maxTime = 5 * time.Minute

// process is a caller in another language, at work.
type process struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr bytes.Buffer
	read   chan struct{} // closed at the end of its output
}

// startProcess starts a program that calls s until it is stopped.
func startProcess(t *testing.T, program, name string, s *site) *process {
	t.Helper()
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), maxTime)
	t.Cleanup(cancel)
	p := &process{t: t, name: name, cmd: exec.CommandContext(ctx, program, host, port, name), read: make(chan struct{})}
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.Stderr = &p.stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the program's output
		defer close(p.read)
		p.follow(stdout, s.ledger)
	}()
	return p
}

// follow enters what the program says into the ledger.
func (p *process) follow(stdout io.Reader, l *ledger) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		words := strings.SplitN(lines.Text(), "\t", 3)
		if len(words) != 3 || clientOf(words[1]) != p.name {
			p.t.Errorf("%s said %q", p.name, lines.Text())
			continue
		}
		l.end(words[0], words[1], words[2])
	}
}

// stop ends the program's input and waits for what it has begun.
func (p *process) stop() {
	p.stdin.Close()
	<-p.read
	if err := p.cmd.Wait(); err != nil {
		said := p.stderr.String()
		p.t.Errorf("%s: %v\n%s", p.name, err, said[max(0, len(said)-4000):])
	}
}
