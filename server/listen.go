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
	if err := checkAddr(addr); err != nil {
		return nil, err
	}
	path, ok := strings.CutPrefix(addr, "unix:")
	if !ok {
		return named(net.Listen("tcp", addr))
	}
	l, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EADDRINUSE) && removeStale(path) {
		l, err = net.Listen("unix", path)
	}
	return named(l, err)
}

// named puts the package before an error.
func named(l net.Listener, err error) (net.Listener, error) {
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	return l, nil
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

// ListenAndServe listens on addr and serves. addr is "host:port" for TCP, of which
// the host may be empty for all interfaces and the port 0 for any that is free, or
// "unix:" and a path for a Unix socket, which may begin with "@" for a name in
// Linux' abstract namespace. The socket's file is made with the permissions that
// the umask leaves, and removed in the end; one that a dead server left behind
// is replaced. It returns as Serve does.
func (s *Server) ListenAndServe(addr string) error {
	l, err := listen(addr)
	if err != nil {
		return err
	}
	return s.Serve(l)
}
