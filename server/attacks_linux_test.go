package server_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/theader"
	"github.com/oneport-thrift/oneport/protocol/thriftmux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

const (
	attackedBytes = 16 << 20 // MaxBytes of the server that is attacked
	largeReply    = 512 << 10
)

func init() { children["attacked"] = serveAttacked }

// serveAttacked serves until its standard input ends. It answers a line there with what
// it still counts as held, once that is nothing or does not change any more.
func serveAttacked() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	large := body(largeReply)
	srv := &server.Server{MaxBytes: attackedBytes, ErrorLog: slog.New(slog.DiscardHandler), Handler: mux.HandlerFunc(
		func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
			switch req.Method {
			case "large":
				return mux.Reply{Type: wire.Reply, Body: large}, nil
			case "refuse":
				return mux.Reply{}, mux.Errorf(mux.Overloaded, "refused")
			}
			return mux.Reply{Type: wire.Reply, Body: req.Body}, nil
		})}
	go srv.Serve(l)
	fmt.Println(l.Addr())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		calls, held := server.Held(srv)
		for range 500 {
			if calls == 0 && held == 0 {
				break
			}
			<-time.After(10 * time.Millisecond)
			calls, held = server.Held(srv)
		}
		fmt.Println(calls, held)
	}
	return 0
}

// attack is one connection's part of an attack: what it sends on n connections, as much
// as the server takes of it in attackTime, without reading.
type attack struct {
	name  string
	conns int
	most  int // bytes that each sends
	begin []byte
	next  func(i int) []byte
	reset bool // connections are reset at once, and opened anew
}

const attackTime = 750 * time.Millisecond

func attacks() []attack {
	window := func(n int) []byte {
		i := thriftmux.Init{Version: thriftmux.Version}
		i.AddFrameLimit(n)
		return append(thriftmux.AppendCheckTinit(nil), initFrame(i)...)
	}
	half := frame(wire.Call, "A:b", 1, 2<<20)[:1<<20]
	return []attack{
		{"slow readers", 34, 200, nil, func(i int) []byte { return frame(wire.Call, "A:large", int32(i), 0) }, false},
		{"slow readers, ThriftMux in pieces", 34, 200, window(1000), func(i int) []byte { return dispatch(2+uint32(i), "A:large", 0) }, false},
		{"long replies that are reset", 200, 200, window(1000), func(i int) []byte { return dispatch(2+uint32(i), "A:large", 0) }, true},
		{"half messages", 34, len(half), nil, func(int) []byte { return half }, false},
		{"refused calls", 20, 2 << 20, nil, func(i int) []byte { return frame(wire.Call, "A:refuse", int32(i), 0) }, false},
		{"calls that fail, ThriftMux", 20, 2 << 20, ping(1), func(i int) []byte { return tdispatch(uint32(i%1000), []byte{1}, thriftmux.Pairs{}) }, false},
		{"pings", 20, 8 << 20, ping(1), func(int) []byte { return ping(7) }, false},
		{"an opening byte by byte", 4, 1 << 16, nil, func(i int) []byte {
			if i == 0 { // as many contexts as there may be, of no bytes
				return append([]byte{0, 0, 0xff, 0xff, 2, 0, 0, 2, 0x7f, 0xff}, make([]byte, 100)...)
			}
			return []byte{0}
		}, false},
	}
}

// run sends what the attack is, and closes the connections when stop is closed.
func (a *attack) run(addr string, stop <-chan struct{}) {
	var all sync.WaitGroup
	for range a.conns {
		all.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return
			}
			defer c.Close()
			c.(*net.TCPConn).SetReadBuffer(4 << 10)
			c.SetWriteDeadline(time.Now().Add(attackTime))
			c.Write(a.begin)
			for i, sent := 0, 0; sent < a.most; {
				var b []byte
				for len(b) < 4<<10 && sent+len(b) < a.most {
					b = append(b, a.next(i)...)
					if i++; len(a.next(1)) == 1 {
						break // byte by byte
					}
				}
				n, err := c.Write(b)
				if sent += n; err != nil {
					break
				}
			}
			if a.reset {
				<-time.After(20 * time.Millisecond)
				c.(*net.TCPConn).SetLinger(0)
				return
			}
			<-stop
		})
	}
	all.Wait()
}

// newcomers call with 100 bytes, once each on every dialect, and return how many were
// served, told that the server is overloaded, and not answered.
func newcomers(addr string) (served, overloaded, failed int) {
	message := append(wire.AppendHeader(nil, wire.Binary, wire.Call, "A:b", 1), body(100)...)
	w := theader.Begin(nil, theader.Header{Protocol: wire.Binary})
	out, _ := w.Payload()
	inHeader, _ := w.End(append(out, message...))
	for _, call := range [][]byte{
		frame(wire.Call, "A:b", 1, 100), message, inHeader, dispatch(2, "A:b", 100),
		fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-thrift\r\nContent-Length: %d\r\n\r\n%s", len(message), message),
	} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			failed++
			continue
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		c.Write(call)
		b := make([]byte, 4096)
		n, err := c.Read(b)
		switch {
		case err != nil:
			failed++
		case bytes.Contains(b[:n], []byte("overloaded")):
			overloaded++
		default:
			served++
		}
		c.Close()
	}
	return served, overloaded, failed
}

// memory returns the most resident memory that a process has had, in bytes.
func memory(t *testing.T, pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(b)
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// TestAttacks attacks servers in processes of their own, and prints what that costs
// them. Their memory stays within twice MaxBytes and 64 MiB, newcomers are answered
// meanwhile, and nothing is counted as held afterwards.
func TestAttacks(t *testing.T) {
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			cmd := startChild(t, "attacked")
			addr := cmd.line()
			before := memory(t, cmd.Process.Pid)
			stop, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				a.run(addr, stop)
			}()
			var served, overloaded, failed int
			for end := time.Now().Add(2 * attackTime); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
				s, o, f := newcomers(addr)
				served, overloaded, failed = served+s, overloaded+o, failed+f
			}
			s, o, f := newcomers(addr)
			if s != 5 {
				t.Errorf("at the end %d newcomers are served, %d told that the server is overloaded, %d not answered", s, o, f)
			}
			close(stop)
			<-done
			io.WriteString(cmd.in, "\n")
			if held := cmd.line(); held != "0 0" {
				t.Errorf("calls and bytes that are counted afterwards: %s", held)
			}
			most := memory(t, cmd.Process.Pid)
			cmd.in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			t.Logf("memory %d MiB, %d before; CPU %v; newcomers: %d served, %d overloaded, %d not answered",
				most>>20, before>>20, cpu.Round(time.Millisecond), served, overloaded, failed)
			if limit := int64(2*attackedBytes + 64<<20); most > limit && !underRace {
				t.Errorf("memory %d MiB, want at most %d", most>>20, limit>>20)
			}
			if failed > 0 {
				t.Errorf("%d newcomers were not answered", failed)
			}
		})
	}
}
