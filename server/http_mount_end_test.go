package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

func TestMountedDrains(t *testing.T) {
	var g *gate
	onMounts(t, func(t *testing.T) *server.Server {
		g = newGate(t)
		return handle(func(ctx context.Context, req *mux.Request) error {
			g.pass()
			return ctx.Err()
		})
	}, func(t *testing.T, m *mount) {
		call := httpMessage(wire.Binary, wire.Call, "A:b", 1, "\x00")
		runs := m.goPost(t.Context(), strings.NewReader(call))
		g.await(1)
		r, w := io.Pipe()
		defer w.Close()
		reading := m.goPost(t.Context(), r) // bytes that net/http has not read when it closes would be a reset
		for {                               // until the server reads it
			if _, bytes := server.Held(m.srv); bytes > 8000 {
				break
			}
			<-time.After(time.Millisecond)
		}
		down := make(chan error, 1)
		go func() { down <- m.srv.Shutdown(t.Context()) }()
		if a := <-reading; a.err != nil || a.status != 503 {
			t.Errorf("a request that was not there: %+v", a)
		}
		if resp, got := m.call(t, "A:b", wire.Call); resp.StatusCode != 503 || !strings.Contains(got, "not run") {
			t.Errorf("a new call: %s %q", resp.Status, got)
		}
		never, w2 := io.Pipe()
		defer w2.Close()
		if a := <-m.goPost(t.Context(), never); a.err != nil || a.status != 503 {
			t.Errorf("a new call whose body does not come: %+v", a)
		}
		select {
		case err := <-down:
			t.Errorf("Shutdown did not wait: %v", err)
		default:
		}
		g.open()
		if a := <-runs; a.body != mountReply {
			t.Errorf("the call that ran: %+v", a)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
		if _, got := ask(t, m.client, "GET", "/other", ""); got != "other" {
			t.Errorf("the other server: %q", got)
		}
	})
}

// TestMountedDrainDelay: until it is over, calls are served.
func TestMountedDrainDelay(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		srv := echoHTTP(t)
		srv.DrainDelay = 5 * time.Second
		m := mountOn(t, n, srv, false)
		down := make(chan error, 1)
		go func() { down <- srv.Shutdown(t.Context()) }()
		synctest.Wait()
		if _, got := m.call(t, "A:b", wire.Call); got != mountReply {
			t.Errorf("got %q", got)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
		if resp, _ := m.call(t, "A:b", wire.Call); resp.StatusCode != 503 {
			t.Errorf("after it: %s", resp.Status)
		}
	})
}

// TestCloseEndsMountedCalls: the contexts of calls end, also of oneway ones; and so
// does Shutdown whose own context has ended.
func TestCloseEndsMountedCalls(t *testing.T) {
	var began chan struct{}
	var ended chan error
	for name, end := range map[string]func(*server.Server) error{
		"Close": (*server.Server).Close,
		"Shutdown": func(s *server.Server) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	} {
		for _, typ := range []wire.Type{wire.Call, wire.Oneway} {
			t.Run(name+" "+typ.String(), func(t *testing.T) {
				onMounts(t, func(t *testing.T) *server.Server {
					began, ended = make(chan struct{}, 1), make(chan error, 1)
					return handle(func(ctx context.Context, req *mux.Request) error {
						began <- struct{}{}
						select {
						case <-ctx.Done():
						case <-t.Context().Done():
						}
						ended <- context.Cause(ctx)
						return ctx.Err()
					})
				}, func(t *testing.T, m *mount) {
					answer := m.goPost(t.Context(), strings.NewReader(httpMessage(wire.Binary, typ, "A:b", 1, "\x00")))
					<-began
					if err := end(m.srv); err != nil {
						t.Error(err)
					}
					if cause := <-ended; !errors.Is(cause, server.ErrServerClosed) {
						t.Errorf("the context ended by %v", cause)
					}
					if a := <-answer; a.status == 200 && typ == wire.Call && a.body == mountReply {
						t.Errorf("the call was answered: %+v", a)
					}
				})
			})
		}
	}
}

// TestMountedContextEndsWithTheClient, but not that of a oneway call.
func TestMountedContextEndsWithTheClient(t *testing.T) {
	for _, typ := range []wire.Type{wire.Call, wire.Oneway} {
		t.Run(typ.String(), func(t *testing.T) {
			var began, gone chan struct{}
			var ended chan error
			onMounts(t, func(t *testing.T) *server.Server {
				began, gone, ended = make(chan struct{}, 1), make(chan struct{}), make(chan error, 1)
				return handle(func(ctx context.Context, req *mux.Request) error {
					began <- struct{}{}
					if typ == wire.Oneway {
						<-gone
					} else {
						<-ctx.Done()
					}
					ended <- ctx.Err()
					return nil
				})
			}, func(t *testing.T, m *mount) {
				ctx, cancel := context.WithCancel(t.Context())
				answer := m.goPost(ctx, strings.NewReader(httpMessage(wire.Binary, typ, "A:b", 1, "\x00")))
				<-began
				cancel()
				<-answer
				close(gone)
				if err := <-ended; (err == nil) != (typ == wire.Oneway) {
					t.Errorf("the context: %v", err)
				}
			})
		})
	}
}

// TestMountedLargeReplyToASlowClient: a client that takes nothing of its reply is
// given up after WriteTimeout, and the server's count is given back.
func TestMountedLargeReplyToASlowClient(t *testing.T) {
	for _, version := range []string{"1", "2"} {
		t.Run("HTTP "+version, func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				srv := echoHTTP(t)
				srv.WriteTimeout = 5 * time.Second
				m := mountOn(t, n, srv, version == "2")
				r, _ := http.NewRequest("POST", "http://server/thrift", strings.NewReader(httpMessage(wire.Binary, wire.Call, "A:b", 1, string(body(10_000_000)))))
				r.Header.Set("Content-Type", xthrift)
				resp, err := m.client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if _, bytes := server.Held(srv); bytes < 10_000_000 {
					t.Errorf("%d bytes are counted", bytes)
				}
				<-time.After(6 * time.Second)
				synctest.Wait()
				if calls, bytes := server.Held(srv); calls != 0 || bytes != 0 {
					t.Errorf("%d calls and %d bytes are counted", calls, bytes)
				}
				if n, err := io.Copy(io.Discard, resp.Body); err == nil {
					t.Errorf("the reply came after all: %d bytes", n)
				}
			})
		})
	}
}
