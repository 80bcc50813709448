package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oneport-thrift/oneport/internal/load"
	"github.com/oneport-thrift/oneport/tests/bench/child"
)

// process is a server that runs. It ends when its standard input does, so that it
// does not outlive the benchmark.
type process struct {
	built
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	log  *os.File
	addr string
}

// start starts b, with more arguments, on the core of what is measured. What it
// says on standard error goes into a file of folder out.
func (b built) start(ctx context.Context, out string, args ...string) (*process, error) {
	b.argv = slices.Concat(b.argv, args)
	return b.launch(ctx, out, startPinned)
}

// launch starts b by the function begin.
func (b built) launch(ctx context.Context, out string, begin func(*exec.Cmd) error) (*process, error) {
	log, err := os.Create(filepath.Join(out, strings.Map(fileRune, b.name)+".log"))
	if err != nil {
		return nil, err
	}
	p := &process{built: b, log: log}
	p.cmd = exec.CommandContext(ctx, b.argv[0], b.argv[1:]...)
	p.cmd.Stderr = log
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(stdout)
	if err := begin(p.cmd); err != nil {
		return nil, err
	}
	line, err := p.out.ReadString('\n')
	verb, addr, _ := strings.Cut(strings.TrimSpace(line), " ")
	if verb == child.Listening || verb == child.Calling {
		p.addr = addr
		return p, nil
	}
	p.stop()
	return nil, fmt.Errorf("%s said %q instead of where it listens (%v); see %s", b.name, line, err, log.Name())
}

func fileRune(r rune) rune {
	if r == ' ' || r == '/' || r == ',' {
		return '-'
	}
	return r
}

// stop ends the process and waits for it.
func (p *process) stop() {
	p.in.Close()
	p.cmd.Wait()
	p.log.Close()
}

// ask has the process obey a command.
func (p *process) ask(command string) (child.Report, error) {
	var r child.Report
	if _, err := io.WriteString(p.in, command+"\n"); err != nil {
		return r, fmt.Errorf("%s: %s: %w", p.name, command, err)
	}
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err == nil && r.Error != "" {
		err = fmt.Errorf("%s", r.Error)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %s: %w", p.name, command, err)
	}
	return r, nil
}

// dial opens the connections of a shape.
func (p *process) dial(ctx context.Context, sh shape) (*load.Generator, error) {
	calls := p.calls
	calls.Size = sh.size
	conf := load.Config{Addr: p.addr, Conns: sh.conns, InFlight: sh.inFlight, Dialect: calls}
	if p.tls {
		conf.Dial = func(ctx context.Context) (net.Conn, error) {
			// The certificate is the server's own.
			d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
			return d.DialContext(ctx, "tcp", p.addr)
		}
	}
	return load.Dial(ctx, conf)
}
