package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// get returns the status and the body of a page.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestMonitor looks at the pages while the program serves and while it drains.
func TestMonitor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, in, options{addr: "127.0.0.1:0", quiet: true, metrics: "127.0.0.1:0", access: access{tls: "required"}})
		in.Close()
	}()
	lines := bufio.NewScanner(out)
	last := func() string { // the last word of the next line
		lines.Scan()
		words := strings.Fields(lines.Text())
		return words[len(words)-1]
	}
	addr := last()
	url := strings.TrimSuffix(last(), "/metrics")
	go io.Copy(io.Discard, out) // ends with the pipe

	if err := callBoth(ctx, io.Discard, addr); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"/healthz", "/readyz"} {
		if status, body := get(t, url+page); status != http.StatusOK {
			t.Errorf("%s: %d %s", page, status, body)
		}
	}
	_, metrics := get(t, url+"/metrics")
	for _, line := range []string{
		`thrift_server_handled_total{thrift_code="ok",thrift_method="echo",thrift_service="BarApi",thrift_type="call"} 1`,
		`thrift_server_handled_total{thrift_code="exception",thrift_method="fail",thrift_service="FooApi",thrift_type="call"} 1`,
		`thrift_server_handled_total{thrift_code="ok",thrift_method="note",thrift_service="FooApi",thrift_type="oneway"} 1`,
		`thrift_server_connections_total{dialect="framed binary"} 1`,
	} {
		if !strings.Contains(metrics, "\n"+line+"\n") {
			t.Errorf("/metrics has no line %s", line)
		}
	}

	transport := thrift.NewTFramedTransportConf(thrift.NewTSocketConf(addr, nil), nil)
	if err := transport.Open(); err != nil {
		t.Fatal(err)
	}
	slow := make(chan error, 1)
	go func() {
		defer transport.Close() // the server lingers until then
		_, err := foo.NewFooApiClientFactory(transport, protocol.MultiplexedBinaryFactory("FooApi")).Slow(t.Context(), 2000)
		slow <- err
	}()
	for inFlight := ""; !strings.Contains(inFlight, "\nthrift_server_in_flight 1\n"); {
		if len(slow) > 0 {
			t.Fatal("the call ended before it was seen: ", <-slow)
		}
		_, inFlight = get(t, url+"/metrics")
	}
	cancel() // as SIGTERM does
	for status := http.StatusOK; status == http.StatusOK; {
		status, _ = get(t, url+"/readyz")
	}
	if status, _ := get(t, url+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d while the server drains", status)
	}
	if err := <-slow; err != nil {
		t.Errorf("the call that ran: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestMonitorNeedsAnAddress(t *testing.T) {
	if err := run(t.Context(), io.Discard, options{addr: "127.0.0.1:0", metrics: "nowhere", access: access{tls: "required"}}); err == nil || !strings.HasPrefix(err.Error(), "-metrics: ") {
		t.Errorf("error %v", err)
	}
}
