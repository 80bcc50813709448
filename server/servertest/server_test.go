package servertest_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol"
	"github.com/oneport-thrift/oneport/server/servertest"
	"github.com/oneport-thrift/oneport/thrift/gen-go/bar"
)

// barService answers echo at once and reverse when release is closed.
type barService struct {
	bar.BarApi
	release chan struct{}
}

func (s barService) Echo(_ context.Context, msg string) (string, error) { return "bar: " + msg, nil }

func (s barService) Reverse(_ context.Context, msg string) (string, error) {
	<-s.release
	return msg, nil
}

func newBar(s bar.BarApi) *servertest.Server {
	m := mux.New()
	m.Register("BarApi", bar.NewBarApiProcessor(s))
	srv := servertest.NewUnstarted(m)
	srv.Config.ErrorLog = slog.New(slog.DiscardHandler)
	return srv
}

func barClient(s *servertest.Server, framed bool) bar.BarApi {
	return bar.NewBarApiClientFactory(s.Transport(framed), protocol.MultiplexedBinaryFactory("BarApi"))
}

func TestServer(t *testing.T) {
	for _, framed := range []bool{true, false} {
		t.Run(fmt.Sprint("framed ", framed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newBar(barService{})
				s.Start()
				defer s.Close()
				c := barClient(s, framed)
				for _, msg := range []string{"", "a", strings.Repeat("x", 200<<10)} {
					if got, err := c.Echo(t.Context(), msg); got != "bar: "+msg || err != nil {
						t.Errorf("echo of %d bytes = %d bytes, %v", len(msg), len(got), err)
					}
				}
			})
		})
	}
}

func TestCloseWaitsForCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newBar(barService{release: release})
		s.Start()
		c := barClient(s, true)
		answered := make(chan error, 1)
		go func() {
			_, err := c.Reverse(context.Background(), "x")
			answered <- err
		}()
		synctest.Wait()
		time.AfterFunc(time.Second, func() { close(release) })
		s.Close()
		if err := <-answered; err != nil {
			t.Errorf("the call that was running: %v", err)
		}
		if _, err := c.Echo(t.Context(), "x"); err == nil {
			t.Error("a call after Close was answered")
		}
		_, err := s.Dial()
		wantError(t, "Dial", err, syscall.ECONNREFUSED)
	})
}

func TestClosePanicsIfCallsStillRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		s := newBar(barService{release: release})
		s.Start()
		c := barClient(s, true)
		go c.Reverse(context.Background(), "x") // ends when Close cuts its connection
		synctest.Wait()
		wantPanic(t, "still running", s.Close)
	})
}

func TestMisuse(t *testing.T) {
	s := newBar(barService{})
	s.Start()
	wantPanic(t, "Start", s.Start)
	s.Close()
	wantPanic(t, "refused", func() { s.Transport(true) })
	newBar(barService{}).Close() // never started: there is nothing to wait for
}

// TestCloseDoesNotLinger has a client that was active and stays open, for which
// a server that closes on its own account lingers.
func TestCloseDoesNotLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBar(barService{})
		s.Start()
		if _, err := barClient(s, true).Echo(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		s.Close()
		if took := time.Since(start); took != 0 {
			t.Errorf("Close took %v", took)
		}
	})
}

func wantPanic(t *testing.T, text string, f func()) {
	t.Helper()
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), text) {
			t.Errorf("panic %v, want one that says %q", v, text)
		}
	}()
	f()
}
