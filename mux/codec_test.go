package mux_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

// TestCodecsAreNotShared calls a service from many goroutines at once, each with
// messages of its own, long and short.
func TestCodecsAreNotShared(t *testing.T) {
	m := both()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			p := protocols[g%len(protocols)]
			for i := range 50 {
				msg := strings.Repeat(fmt.Sprintf("%d.%d ", g, i), 1+i%7*50)
				if got, err := echo(t, m, p, msg); got != msg || err != nil {
					t.Errorf("%v: %.40q, %v, want %.40q", p, got, err, msg)
				}
			}
		})
	}
	wg.Wait()
}

// TestAReplyOutlivesTheNextCall keeps a reply that was not appended to Scratch,
// while its codec serves others.
func TestAReplyOutlivesTheNextCall(t *testing.T) {
	for _, p := range protocols {
		m := both()
		first, err := m.ServeThrift(t.Context(), request(t, p, "FooApi:echo", &foo.FooApiEchoArgs{Msg: "the first"}))
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if _, err := echo(t, m, p, "another"); err != nil {
				t.Fatal(err)
			}
		}
		var got foo.FooApiEchoResult
		if decode(t, p, first.Body, &got); got.GetSuccess() != "the first" {
			t.Errorf("%v: the reply became %q", p, got.GetSuccess())
		}
	}
}

// TestCodecsLeakNothing follows a call with a secret by calls with less in them
// than they say, on the same codec and scratch: neither their errors nor their
// replies may show what was there before.
func TestCodecsLeakNothing(t *testing.T) {
	const secret = "swordfish"
	h := mux.Processor(bar.NewBarApiProcessor(barService{}))
	for _, p := range protocols {
		full := request(t, p, "echo", &bar.BarApiEchoArgs{Msg: secret})
		full.Scratch = make([]byte, 0, 1024)
		whole := encode(t, p, &bar.BarApiEchoArgs{Msg: strings.Repeat("x", len(secret))})
		for n := range whole {
			rep, err := h.ServeThrift(t.Context(), full)
			if err != nil || !strings.Contains(string(rep.Body), secret) {
				t.Fatalf("%v: %q, %v", p, rep.Body, err)
			}
			cut := *full
			cut.Body = whole[:n:n]
			rep, err = h.ServeThrift(t.Context(), &cut)
			if code, text := mux.Public(err); code != mux.ProtocolError || strings.Contains(text, "sword") || rep.Body != nil {
				t.Errorf("%v cut at %d: %v %q, %q", p, n, code, text, rep.Body)
			}
		}
	}
}

// TestValuesAreTheHandlersOwn keeps arguments after the call, when the session
// has other bytes in the request's memory.
func TestValuesAreTheHandlersOwn(t *testing.T) {
	for _, p := range protocols {
		var kept string
		h := mux.Processor(fooProcessor(func(_ context.Context, msg string) (string, error) {
			kept = msg
			return msg, nil
		}))
		req := request(t, p, "echo", &foo.FooApiEchoArgs{Msg: "mine"})
		if _, err := h.ServeThrift(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		clear(req.Body)
		if kept != "mine" {
			t.Errorf("%v: the argument became %q", p, kept)
		}
	}
}
