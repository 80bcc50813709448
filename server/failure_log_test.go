package server_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/oneport-thrift/oneport/filter/slogfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// fails is a handler that fails as the method says, with what the caller makes up.
func fails(_ context.Context, req *mux.Request) (mux.Reply, error) {
	story := fmt.Sprintf("story %d \xff", req.SeqID)
	switch req.Method {
	case "panic":
		panic(story)
	case "index":
		var none []int
		none[req.SeqID]++
	case "fail":
		return mux.Reply{}, errors.New(story)
	case "list":
		return mux.Reply{}, listError{[]string{story}}
	case "exit":
		runtime.Goexit()
	case "public":
		return mux.Reply{}, &mux.Error{Code: mux.ValidationFailed, Message: story}
	}
	return mux.Reply{Type: wire.Reply, Body: []byte{0}}, nil
}

// listError has a type that can be compared, and values that cannot.
type listError struct{ any }

func (e listError) Error() string { return fmt.Sprint(e.any) }

func failing() *mux.Mux {
	m := mux.New()
	m.Handle("S", mux.Methods(mux.HandlerFunc(fails), "panic", "index", "fail", "exit", "list", "public"))
	return m
}

// TestFailuresCannotFillALog has a client cause failures of four kinds, 100 of each, in
// two seconds, one of them as calls that want no answer.
func TestFailuresCannotFillALog(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		log := new(logbook)
		start(t, n, &server.Server{Handler: failing(), ErrorLog: log.logger()})
		p := dial(t, n)
		kinds := []string{"panic", "index", "fail", "exit"}
		for second := range 2 {
			for i := range int32(100) {
				for _, method := range kinds {
					p.send(frame(wire.Call, "S:"+method, i, 5))
					p.want(wire.Exception, i)
				}
				p.send(frame(wire.Oneway, "S:fail", i, 5))
			}
			p.send(frame(wire.Call, "S:ok", 1, 5))
			p.want(wire.Reply, 1)
			lines := log.take()
			if len(lines) != len(kinds) {
				t.Fatalf("second %d: %d lines for %d kinds:\n%s", second, len(lines), len(kinds), strings.Join(lines, "\n"))
			}
			for i, line := range lines {
				stack := strings.Contains(line, "stack=goroutine")
				if want := second == 0 && i < 2; stack != want {
					t.Errorf("second %d: a stack: %v, want %v, in %s", second, stack, want, line)
				}
				unlogged := []int{99, 99, 199, 99}[i]
				if has := strings.Contains(line, fmt.Sprintf("unlogged=%d", unlogged)); has != (second == 1) {
					t.Errorf("second %d: %d are unlogged: %v, in %s", second, unlogged, has, line)
				}
				if !strings.Contains(line, "method="+kinds[i]+" ") || !utf8.ValidString(line) {
					t.Errorf("second %d: %q, want a line of valid UTF-8 about %s", second, line, kinds[i])
				}
			}
			time.Sleep(time.Second)
		}
	})
}

// TestAFailureThatAFilterHasLoggedIsNotLoggedAgain has both logs of one program.
func TestAFailureThatAFilterHasLoggedIsNotLoggedAgain(t *testing.T) {
	for method, texts := range map[string][2]string{ // in the filter's log, and in the server's
		"panic":   {"mux: panic: story 7", ""},
		"fail":    {"story 7", ""},
		"exit":    {"mux: the handler called runtime.Goexit", ""},
		"changed": {"story 7", "another story"},
		"list":    {"story 7", "story 7"}, // cannot be compared
	} {
		for name, h := range map[string]mux.Handler{"of a service": failing(), "of a bare handler": mux.HandlerFunc(fails)} {
			inBubble(t, func(t *testing.T, n *network) {
				own, calls := new(logbook), new(logbook)
				log := slogfilter.New(calls.logger(), slogfilter.Options{})
				change := func(next mux.Handler) mux.Handler {
					return mux.HandlerFunc(func(ctx context.Context, req *mux.Request) (mux.Reply, error) {
						if method != "changed" {
							return next.ServeThrift(ctx, req)
						}
						req.Method = "fail"
						next.ServeThrift(ctx, req)
						req.Method = "changed"
						return mux.Reply{}, errors.New("another story")
					})
				}
				start(t, n, &server.Server{Handler: h, Filters: []mux.Filter{change, log.Filter}, ErrorLog: own.logger()})
				p := dial(t, n)
				p.send(frame(wire.Call, "S:"+method, 7, 5))
				p.want(wire.Exception, 7)
				for i, book := range []*logbook{calls, own} {
					lines := book.take()
					if texts[i] == "" && len(lines) == 0 {
						continue
					}
					if len(lines) != 1 || !strings.Contains(lines[0], texts[i]) || texts[i] == "" {
						t.Errorf("%s %s, log %d: %q, want %q", method, name, i, lines, texts[i])
					}
				}
			})
		}
	}
}

// TestExceptionsAreValidText has texts that are no UTF-8, on which clients in many
// languages fail.
func TestExceptionsAreValidText(t *testing.T) {
	for method, verbose := range map[string]bool{"public": false, "fail": true} {
		inBubble(t, func(t *testing.T, n *network) {
			start(t, n, &server.Server{Handler: failing(), VerboseErrors: verbose})
			p := dial(t, n)
			p.send(frame(wire.Call, "S:"+method, 7, 5))
			a, err := p.recv()
			if _, text := a.code(); err != nil || text != "story 7 \uFFFD" {
				t.Errorf("%s: got %q, error %v", method, text, err)
			}
		})
	}
}
