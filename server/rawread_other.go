//go:build !unix

package server

import "net"

// rawReader reads from a connection as any reader does, where the system offers
// no better.
type rawReader struct{ plainReader }

func (r *rawReader) init(in *input, nc net.Conn) { r.plainReader = plainReader{in: in, nc: nc} }
