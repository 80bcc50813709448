package haproxy

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// balancer is a process of HAProxy with one server behind it.
type balancer struct {
	addr  string // where clients connect
	stats string // the socket that it answers questions on
}

const balancerConfig = `
global
  stats socket %s
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind fd@3
  %s
  default_backend servers
backend servers
  server foobar %s %s
`

// startBalancer starts HAProxy before addr, with these options of its server
// line, and a line of its frontend.
func startBalancer(t *testing.T, program, addr, options, frontend string) *balancer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	// Not the test's own folder: a comma in the name would mean something.
	dir, err := os.MkdirTemp("", "haproxy")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b := &balancer{addr: l.Addr().String(), stats: filepath.Join(dir, "stats")}
	config := filepath.Join(dir, "haproxy.cfg")
	text := fmt.Sprintf(balancerConfig, b.stats, frontend, addr, options)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-db", "-f", config)
	cmd.ExtraFiles = []*os.File{socket} // becomes 3
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("haproxy with\n%s\nsaid\n%s", text, out.String())
		}
	})
	return b
}

// awaitChecks waits until the server has been checked, and found well, a few
// times: until the balancer's clock says that some of its checks' intervals have
// passed since the first.
func (b *balancer) awaitChecks(t *testing.T) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(checkInterval)
	defer tick.Stop()
	for well, last := 0, ""; well < 10; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the server is not well: %q", last)
		}
		if last = b.checkStatus(); strings.HasPrefix(last, "L4OK") || strings.HasPrefix(last, "L6OK") {
			well++
		}
	}
}

const checkInterval = 20 * time.Millisecond

// checkStatus asks what came of the last check.
func (b *balancer) checkStatus() string {
	c, err := net.Dial("unix", b.stats)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	fmt.Fprintln(c, "show stat")
	var column int
	for s := bufio.NewScanner(c); s.Scan(); {
		fields := strings.Split(s.Text(), ",")
		switch {
		case strings.HasPrefix(s.Text(), "#"):
			column = slices.Index(fields, "check_status")
		case strings.HasPrefix(s.Text(), "servers,foobar,"):
			return fields[column]
		}
	}
	return "no such server"
}
