package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// listen listens on an address as ListenAndServe takes it.
func listen(addr string) (net.Listener, error) {
	path, ok := strings.CutPrefix(addr, "unix:")
	if !ok {
		return net.Listen("tcp", addr)
	}
	l, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EADDRINUSE) && removeStale(path) {
		l, err = net.Listen("unix", path)
	}
	return l, err
}

// removeStale removes the socket that a server left behind when it was killed:
// one that refuses connections. It reports whether it did.
func removeStale(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	nc, err := net.Dial("unix", path)
	if err == nil {
		nc.Close()
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED) && os.Remove(path) == nil
}

// ListenAndServe listens on addr and serves. addr is "host:port" for TCP, or
// "unix:" and a path for a Unix socket, which may begin with "@" for a name in
// Linux' abstract namespace. The socket's file is made with the permissions that
// the umask leaves, and removed in the end; one that a dead server left behind
// is replaced. It returns as Serve does.
func (s *Server) ListenAndServe(addr string) error {
	l, err := listen(addr)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return s.Serve(l)
}
