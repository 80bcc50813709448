//go:build !unix

package conn

import "net"

// rawReader is of no use where the system offers no readiness.
type rawReader struct{}

func (*rawReader) init(net.Conn)                               {}
func (*rawReader) usable() bool                                { return false }
func (*rawReader) read(b *Buffer, _ int) (*Buffer, int, error) { return b, 0, nil }

// Writer writes to a socket without ever waiting for it, on systems that allow
// that.
type Writer struct{}

// Init reports whether w can write to nc: it cannot here.
func (*Writer) Init(net.Conn) bool { return false }

// Write writes nothing.
func (*Writer) Write([]byte) (int, error) { return 0, nil }

// Ended knows nothing.
func (*Writer) Ended() bool { return false }
