package server_test

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/server"
)

// serveUnix serves at path until the test ends, and returns a client once one
// can connect.
func serveUnix(t *testing.T, srv *server.Server, path string) (*peer, <-chan error) {
	t.Helper()
	served := make(chan error, 1)
	go func() { served <- srv.ListenAndServe("unix:" + path) }()
	t.Cleanup(func() { srv.Close() })
	for {
		nc, err := net.Dial("unix", path)
		if err == nil {
			t.Cleanup(func() { nc.Close() })
			return &peer{t: t, Conn: nc, r: bufio.NewReader(nc)}, served
		}
		select {
		case err := <-served:
			t.Fatalf("ListenAndServe: %v", err)
		default:
			runtime.Gosched()
		}
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	srv, peers, log := tellPeer()
	p, served := serveUnix(t, srv, path)
	p.send(frame(wire.Call, "A:b", 1, 0))
	p.want(wire.Reply, 1)
	got := <-peers
	if runtime.GOOS == "linux" {
		if want := (mux.Cred{PID: os.Getpid(), UID: os.Getuid(), GID: os.Getgid()}); got.Cred == nil || *got.Cred != want {
			t.Errorf("credentials %+v, want %+v", got.Cred, want)
		}
	}
	if got.String() != "unix" {
		t.Errorf("the peer is %q", got.String())
	}
	p.Close()
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, server.ErrServerClosed) {
		t.Errorf("ListenAndServe: %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there still (%v)", err)
	}
	log.want(t)
}

func TestTCPClientsHaveNoCredentials(t *testing.T) {
	n := onLoopback(t)
	srv, peers, _ := tellPeer()
	start(t, n, srv)
	p := dial(t, n)
	p.send(frame(wire.Call, "A:b", 1, 0))
	p.want(wire.Reply, 1)
	if got := <-peers; got.Cred != nil {
		t.Errorf("credentials %+v", got.Cred)
	}
}

// Who reaches the socket may send a PROXY header, if anybody may.
func TestProxyHeaderOverAUnixSocket(t *testing.T) {
	for _, trusted := range [][]netip.Prefix{nil, loopback} {
		srv, peers, _ := tellPeer()
		srv.ProxyTrusted = trusted
		p, _ := serveUnix(t, srv, filepath.Join(t.TempDir(), "socket"))
		p.send(proxyHeaders[0].header, frame(wire.Call, "A:b", 1, 0))
		if trusted == nil {
			p.wantEnd()
			continue
		}
		p.want(wire.Reply, 1)
		if got := <-peers; got.String() != "192.0.2.1:42678" || got.Cred == nil && runtime.GOOS == "linux" {
			t.Errorf("the peer is %v with %v", got.Addr, got.Cred)
		}
	}
}

func TestASocketLeftBehindIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	srv, _, _ := tellPeer()
	p, _ := serveUnix(t, srv, path)
	p.send(frame(wire.Call, "A:b", 1, 0))
	p.want(wire.Reply, 1)
}

func TestASocketInUseIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	path, file := filepath.Join(dir, "socket"), filepath.Join(dir, "file")
	first, _, _ := tellPeer()
	p, _ := serveUnix(t, first, path)
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := handle(func(ctx context.Context, req *mux.Request) error { return nil })
	second.ErrorLog = slog.New(slog.DiscardHandler)
	for _, taken := range []string{path, file} {
		if err := second.ListenAndServe("unix:" + taken); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("ListenAndServe at %s: %v", filepath.Base(taken), err)
		}
	}
	p.send(frame(wire.Call, "A:b", 1, 0))
	p.want(wire.Reply, 1)
}

// brokenListener breaks its promise to return a connection or an error.
type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, nil }

func TestAListenerThatReturnsNothing(t *testing.T) {
	srv := handle(func(context.Context, *mux.Request) error { return nil })
	if err := srv.Serve(brokenListener{servertestListener()}); err == nil || !strings.Contains(err.Error(), "neither a connection nor an error") {
		t.Errorf("Serve: %v", err)
	}
	srv.Close()
}
