package happybase

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// command is the client against the server at addr.
func command(ctx context.Context, python, addr, transport, protocol string, args ...string) *exec.Cmd {
	host, port, _ := net.SplitHostPort(addr)
	cmd := exec.CommandContext(ctx, python, append([]string{"client.py", host, port, transport, protocol}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// forms are what HappyBase speaks: its transports and protocols.
var forms = [][2]string{{"buffered", "binary"}, {"buffered", "compact"}, {"framed", "binary"}, {"framed", "compact"}}

func TestHappyBase(t *testing.T) {
	program := python(t)
	for _, form := range forms {
		t.Run(form[0]+" "+form[1], func(t *testing.T) {
			addr, _ := serve(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if out, err := command(ctx, program, addr, form[0], form[1], "check").Output(); err != nil || string(out) != "ok\n" {
				t.Errorf("%q, %v", out, err)
			}
			callBoth(t, addr)
		})
	}
}

const (
	poolThreads = 32
	poolRounds  = 6
)

// Threads share a pool for several rounds: connections and goroutines stay as few
// as the pool has connections.
func TestHappyBasePool(t *testing.T) {
	program := python(t)
	for _, form := range forms {
		t.Run(form[0]+" "+form[1], func(t *testing.T) {
			addr, sockets := serve(t)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			cmd := command(ctx, program, addr, form[0], form[1], "threads", strconv.Itoa(poolThreads))
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			said := bufio.NewScanner(out)
			before, openSockets := runtime.NumGoroutine(), countSockets(t)
			var goroutines, open []int
			for round := range poolRounds {
				fmt.Fprintln(in)
				if !said.Scan() || said.Text() != "done" {
					t.Fatalf("round %d: %q, %v", round, said.Text(), said.Err())
				}
				if n := sockets.opened.Load(); n > poolThreads {
					t.Errorf("round %d: %d connections were opened; the pool has %d", round, n, poolThreads)
				}
				goroutines, open = append(goroutines, runtime.NumGoroutine()), append(open, countSockets(t))
			}
			in.Close()
			io.Copy(io.Discard, out)
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			t.Logf("from %d goroutines and %d sockets to %v and %v", before, openSockets, goroutines, open)
			// One reads each connection; another runs its call, if that takes long;
			// and one sees to it that this is so.
			bounded(t, "goroutines", goroutines, before+2*poolThreads+1)
			bounded(t, "sockets", open, openSockets+poolThreads)
		})
	}
}

// bounded checks that a count never goes over what the pool accounts for.
func bounded(t *testing.T, what string, counts []int, most int) {
	t.Helper()
	if slices.Max(counts) > most {
		t.Errorf("%s: %v, want no more than %d", what, counts, most)
	}
}

// countSockets counts the sockets of this process, on Linux.
func countSockets(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	sockets := 0
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return sockets
}
