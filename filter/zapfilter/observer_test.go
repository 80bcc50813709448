package zapfilter_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/oneport-thrift/oneport/filter/zapfilter"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/server/servertest"
)

// lines renders what was logged from level on, a line each.
func lines(logs *observer.ObservedLogs, level zapcore.Level) []string {
	var all []string
	for _, e := range logs.TakeAll() {
		if e.Level >= level {
			all = append(all, fmt.Sprint(e.Level, " ", e.Message, " ", e.ContextMap()))
		}
	}
	return all
}

func TestConnections(t *testing.T) {
	p := &mux.Peer{Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 99}, Dialect: "framed binary"}
	refusal := mux.Refusal{Bound: "MaxMessageSize", Err: errors.New("17 bytes are over 16")}
	for _, c := range []struct {
		name string
		tell func(mux.Observer)
		want string
	}{
		{"opened", func(o mux.Observer) { o.Opened(p) },
			"debug connection opened map[dialect:framed binary peer:10.0.0.1:99]"},
		{"closed", func(o mux.Observer) { o.Closed(p, nil) },
			"debug connection closed map[dialect:framed binary peer:10.0.0.1:99]"},
		{"broken", func(o mux.Observer) { o.Closed(p, io.ErrUnexpectedEOF) },
			"warn connection broken map[dialect:framed binary error:unexpected EOF peer:10.0.0.1:99]"},
		{"closed after a refusal", func(o mux.Observer) { o.Closed(p, fmt.Errorf("conn: %w", &refusal)) },
			"debug connection closed map[dialect:framed binary peer:10.0.0.1:99]"},
		{"refused", func(o mux.Observer) { o.Refused(p, refusal) },
			"warn refused map[bound:MaxMessageSize dialect:framed binary error:17 bytes are over 16 peer:10.0.0.1:99]"},
		{"refused before its dialect was known", func(o mux.Observer) { o.Refused(&mux.Peer{Addr: p.Addr}, refusal) },
			"warn refused map[bound:MaxMessageSize error:17 bytes are over 16 peer:10.0.0.1:99]"},
	} {
		log, logs := newLog(zapfilter.Options{})
		c.tell(log.Observer())
		if got := lines(logs, zap.DebugLevel); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: logged %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRefusalsASecond(t *testing.T) {
	for bound, want := range map[int]int{0: 10, 3: 3, -1: 100} {
		synctest.Test(t, func(t *testing.T) {
			log, logs := newLog(zapfilter.Options{Refusals: bound})
			o := log.Observer()
			refuse := func(bound string) {
				for range 100 {
					o.Refused(nil, mux.Refusal{Bound: bound, Err: errors.New("full")})
				}
			}
			refuse("MaxCalls")
			refuse("MaxConns") // has lines of its own
			if got := logs.Len(); got != 2*want {
				t.Errorf("Refusals %d: %d lines for two bounds, want %d", bound, got, 2*want)
			}
			logs.TakeAll()
			time.Sleep(time.Second)
			refuse("MaxCalls")
			all := logs.TakeAll()
			if len(all) != want {
				t.Fatalf("Refusals %d: %d lines in the next second, want %d", bound, len(all), want)
			}
			unlogged, _ := all[0].ContextMap()["unlogged"].(int64)
			if int(unlogged) != 100-want {
				t.Errorf("Refusals %d: the next line tells of %d unlogged, want %d", bound, unlogged, 100-want)
			}
		})
	}
}

// TestServer is what a log holds of connections that speak no Thrift.
func TestServer(t *testing.T) {
	log, logs := newLog(zapfilter.Options{})
	s := servertest.NewUnstarted(mux.New())
	s.Config.Observer = log.Observer()
	s.Config.ErrorLog = slog.New(slog.DiscardHandler)
	s.Config.MaxMessageSize = 1000
	s.Start()

	send := func(bytes string) {
		c, err := s.Dial()
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, bytes)
		c.CloseWrite()
		io.Copy(io.Discard, c) // until the server closes
		c.Close()
	}
	send("")                                                                  // a health check
	send("SSH-2.0-OpenSSH_9.2\r\n")                                           // no dialect
	send("\x00\x00\x00\x10\x80\x01\x00\x01\x00\x00\x00\x04pi")                // ends inside a message
	send("\x00\x00\x00\x0c\x80\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01" + // a call, and
		"\x00\x01\x00\x00\x80\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01") // one over the limit
	c, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	c.Reset() // a health check that does not wait
	s.Close()

	got := lines(logs, zap.WarnLevel)
	// What ends first is not said: in the order of the clients.
	slices.SortFunc(got, func(a, b string) int {
		return cmp.Compare(a[strings.Index(a, "peer:"):], b[strings.Index(b, "peer:"):])
	})
	want := []string{
		"warn refused map[bound:dialect error:server: first bytes 53 53 48 2d",
		"warn connection broken map[dialect:framed binary error:server: connection ended inside a message",
		"warn refused map[bound:MaxMessageSize dialect:framed binary error:",
	}
	if len(got) != len(want) {
		t.Fatalf("logged\n%s\nwant %d lines", strings.Join(got, "\n"), len(want))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("logged %s, want %s…", got[i], want[i])
		}
	}
	if !strings.Contains(got[0], "(SSH)") {
		t.Errorf("logged %s, want a guess", got[0])
	}
}
