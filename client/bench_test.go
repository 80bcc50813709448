//go:build unix

package client_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/client"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// startServer runs the test program as a server.
func startServer(b *testing.B) (addr string) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^$")
	cmd.Env = append(os.Environ(), serveEnv+"=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// cpu returns the CPU time of this process.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchmark makes b.N calls from a number of goroutines, each with the client
// that it gets, and reports the CPU seconds of a million calls.
func benchmark(b *testing.B, callers int, newClient func() foo.FooApi) {
	b.ReportAllocs()
	msg := strings.Repeat("x", 100)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range callers {
		n := b.N / callers
		if i < b.N%callers {
			n++
		}
		c := newClient()
		wg.Go(func() {
			<-start
			for range n {
				if got, err := c.Echo(context.Background(), msg); got != msg || err != nil {
					b.Error(got, err)
					return
				}
			}
		})
	}
	b.ResetTimer()
	before := cpu(b)
	close(start)
	wg.Wait()
	b.ReportMetric((cpu(b)-before).Seconds()*1e6/float64(b.N), "cpu-s/Mcalls")
}

// BenchmarkClient compares this package's client, on one connection, with
// Apache's, on one connection for each caller.
func BenchmarkClient(b *testing.B) {
	addr := startServer(b)
	for _, callers := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("oneport/callers=%d", callers), func(b *testing.B) {
			c, err := client.Dial(addr)
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close(context.Background())
			benchmark(b, callers, func() foo.FooApi { return foo.NewFooApiClient(c.Service("FooApi")) })
		})
		b.Run(fmt.Sprintf("apache/callers=%d", callers), func(b *testing.B) {
			benchmark(b, callers, func() foo.FooApi { return apacheClient(b, addr) })
		})
	}
}

func apacheClient(b *testing.B, addr string) foo.FooApi {
	tr := thrift.NewTFramedTransportConf(thrift.NewTSocketConf(addr, nil), nil)
	if err := tr.Open(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { tr.Close() })
	return foo.NewFooApiClientFactory(tr, protocol.MultiplexedBinaryFactory("FooApi"))
}
