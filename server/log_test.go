package server

import (
	"bytes"
	"log"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// full is a listener that runs out of descriptors again and again: every other Accept
// fails, and the rest return a connection that ends at once.
type full struct {
	net.Listener
	calls int
	once  sync.Once
	ended chan struct{} // closed by Close
}

func (f *full) Accept() (net.Conn, error) {
	if f.calls++; f.calls > 400 {
		<-f.ended
		return nil, net.ErrClosed
	}
	if f.calls%2 == 1 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	c, other := net.Pipe()
	other.Close()
	return c, nil
}

func (f *full) Close() error {
	f.once.Do(func() { close(f.ended) })
	return nil
}

// TestAcceptErrorsCannotFillALog has 200 errors in a second.
func TestAcceptErrorsCannotFillALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		s := &Server{ErrorLog: slog.New(slog.NewTextHandler(&lines, nil))}
		l := &full{ended: make(chan struct{})}
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		time.Sleep(time.Minute)
		s.Close()
		<-served
		if n := strings.Count(lines.String(), "accept failed"); n < 1 || n > 2 {
			t.Errorf("%d lines, want one a second:\n%s", n, lines.String())
		}
	})
}

func TestNetHTTPCannotFillALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		s := &Server{ErrorLog: slog.New(slog.NewTextHandler(&lines, nil))}
		if err := s.start(); err != nil {
			t.Fatal(err)
		}
		log := log.New(httpLog{s}, "", 0)
		for range 2 {
			for range 100 {
				log.Print("http: something \xff")
			}
			time.Sleep(time.Second)
		}
		s.Close()
		got := lines.String()
		if strings.Count(got, "server: net/http") != 2 || !strings.Contains(got, "unlogged=99") || !utf8.ValidString(got) {
			t.Errorf("logged\n%s", got)
		}
	})
}
