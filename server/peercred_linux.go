package server

import (
	"net"
	"syscall"

	"github.com/oneport-thrift/oneport/mux"
)

// peerCred returns what the kernel says of the process that connected a Unix
// socket, nil for any other connection.
func peerCred(nc net.Conn) *mux.Cred {
	u, ok := nc.(*net.UnixConn)
	if !ok {
		return nil
	}
	rc, err := u.SyscallConn()
	if err != nil {
		return nil
	}
	var cred *syscall.Ucred
	rc.Control(func(fd uintptr) {
		cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err != nil || cred == nil {
		return nil
	}
	return &mux.Cred{PID: int(cred.Pid), UID: int(cred.Uid), GID: int(cred.Gid)}
}
