//go:build unix

package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// few is how many descriptors the child may have open.
const few = 32

// children are what tests run in a process of its own, by name. A child talks to
// the test through its standard input and output.
var children = map[string]func() int{"descriptors": serveWithFewDescriptors}

// serveWithFewDescriptors serves until its standard input ends, and then prints
// how often accepting failed.
func serveWithFewDescriptors() int {
	limit := syscall.Rlimit{Cur: few, Max: few}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		fmt.Println(err)
		return 1
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	var log strings.Builder
	srv := echoServer()
	srv.ErrorLog = slog.New(slog.NewTextHandler(&log, nil))
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	fmt.Println(l.Addr())
	io.Copy(io.Discard, os.Stdin)
	srv.Shutdown(context.Background())
	fmt.Println(<-served, strings.Count(log.String(), "too many open files"))
	return 0
}

func TestRunningOutOfDescriptorsIsWaitedOut(t *testing.T) {
	cmd := startChild(t, "descriptors")
	addr := cmd.line()
	var held []net.Conn
	for range 2 * few {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatalf("%v; the child said %q", err, addr)
		}
		held = append(held, c)
	}
	// The last one waits to be accepted, and is when the others have gone.
	last := &peer{t: t, Conn: held[len(held)-1], r: bufio.NewReader(held[len(held)-1])}
	last.send(frame(wire.Call, "A:b", 1, 0))
	last.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := last.r.Peek(1); err == nil {
		t.Error("the child had descriptors enough")
	}
	for _, c := range held[:len(held)-1] {
		c.Close()
	}
	last.want(wire.Reply, 1)
	last.Close()
	cmd.in.Close()
	if got := cmd.line(); !strings.HasPrefix(got, "server: closed ") || strings.HasSuffix(got, " 0") {
		t.Errorf("the child ended with %q, want a count of failures over 0", got)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
