package ratelimit

import (
	"net"
	"net/netip"

	"github.com/oneport-thrift/oneport/mux"
)

// By is a set of what tells calls apart: Method|Peer gives every client a bucket
// for each method.
type By uint8

const (
	// Service is the service's name, that of the route where there is one.
	Service By = 1 << iota
	// Method is the service's and the method's name, as labels have it where the route
	// is known (see mux.Route.MethodLabel): all methods that are no labels share one
	// bucket. Those are the ones that a service does not list, and of a service without
	// a list the ones that it has not answered.
	Method
	// Peer is the client's address without its port, as a trusted PROXY header
	// gave it; of an IPv6 address the first 64 bits, which is what one client has.
	// Clients without an IP address share one.
	Peer
)

// key tells calls apart. What does not tell is left out.
type key struct {
	service, method string
	addr            netip.Addr
}

func (b By) key(req *mux.Request) (k key) {
	if b&(Service|Method) != 0 {
		k.service = req.Service
		if req.Route != nil {
			k.service = req.Route.Service
		}
	}
	if b&Method != 0 {
		k.method = req.Method
		if req.Route != nil {
			k.method = req.Route.MethodLabel(req.Method)
		}
	}
	if b&Peer != 0 && req.Peer != nil {
		k.addr = client(req.Peer.Addr)
	}
	return k
}

// client returns the address that all connections of a client have in common.
func client(a net.Addr) netip.Addr {
	ip, ok := a.(*net.TCPAddr)
	if !ok || ip == nil {
		return netip.Addr{}
	}
	addr := ip.AddrPort().Addr().Unmap().WithZone("")
	if addr.Is6() {
		prefix, _ := addr.Prefix(64) // of an address with so many bits it never fails
		return prefix.Addr()
	}
	return addr
}
