//go:build !unix

package load

import "net"

// newSender returns the sender for nc.
func newSender(nc net.Conn) sender { return newPump(nc) }
