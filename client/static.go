package client

import (
	"fmt"
	"strings"
)

// Static is a resolver whose endpoints never change, whatever the target is.
type Static []Endpoint

// Watch calls update once, before it returns.
func (s Static) Watch(_ string, update func([]Endpoint, error)) (Watcher, error) {
	update(s, nil)
	return unchanging{}, nil
}

type unchanging struct{}

func (unchanging) Refresh() {}
func (unchanging) Close()   {}

// muxScheme before a list of addresses says that they speak ThriftMux.
const muxScheme = "thriftmux://"

// unixPrefix marks the address of a Unix socket.
const unixPrefix = "unix:"

// parseTarget returns the endpoints of a target that is a list of addresses.
func parseTarget(target string) (Static, error) {
	var list Static
	for addr := range strings.SplitSeq(strings.TrimPrefix(target, muxScheme), ",") {
		addr = strings.TrimSpace(addr)
		if err := checkAddr(addr); err != nil {
			if addr == target { // err names it
				return nil, fmt.Errorf("target: %w", err)
			}
			return nil, fmt.Errorf("target %q: %w", target, err)
		}
		list = append(list, Endpoint{Addr: addr})
	}
	return list, nil
}

// network splits an address into what net.Dial wants.
func network(addr string) (network, address string) {
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		return "unix", path
	}
	return "tcp", addr
}
