package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
)

func TestMain(m *testing.M) {
	thrift.ServerConnectivityCheckInterval = 0 // as in main
	m.Run()
}

const transcript = `FooApi.echo("hello"): hello
FooApi.add(2, 3): 5
FooApi.slow(20): slept 20
FooApi.fail("no tea"): ApiError({Reason:no tea Code:7})
FooApi.note("buy tea"): sent
FooApi.notes(): 1
BarApi.echo("hello"): bar: hello
BarApi.reverse("straße"): eßarts
BarApi.blob(0 1 2): [0 1 2]
BarApi.index(tea, milk, tea): map[milk:[1] tea:[0 2]]
`

func TestOnce(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, options{addr: "127.0.0.1:0", once: true, access: access{tls: "required"}}); err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(out.String(), "\n")
	addr := strings.TrimPrefix(first, "serving FooApi and BarApi on ")
	if host, port, err := net.SplitHostPort(addr); err != nil || host != "127.0.0.1" || port == "0" {
		t.Errorf("the first line is %q", first)
	}
	if rest != transcript {
		t.Errorf("printed\n%s\nwant\n%s", rest, transcript)
	}
}

// TestServesUntilItsContextEnds is what SIGINT does to the program.
func TestServesUntilItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, in, options{addr: "127.0.0.1:0", quiet: true, access: access{tls: "required"}})
		in.Close()
	}()

	line := make([]byte, 100)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out) // ends with the pipe
	words := strings.Fields(string(line[:n]))
	addr := words[len(words)-1]
	if err := callBoth(ctx, io.Discard, addr); err != nil {
		t.Errorf("call: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Errorf("%s is still served", addr)
	}
}

func TestMakeCallsFails(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []call{
		{"wrong", func() (any, error) { return 1, nil }, 2},
		{"failed", func() (any, error) { return 2, broken }, 2},
	} {
		if err := makeCalls(io.Discard, []call{c}); err == nil || !strings.HasPrefix(err.Error(), c.text) {
			t.Errorf("a %s call: error %v", c.text, err)
		}
	}
}
