package client

import "context"

// A Balancer spreads calls over endpoints.
type Balancer interface {
	// Picker returns how to pick one of the nodes for a call, of which there is
	// at least one. They are those that calls may go to: not left alone after
	// failures, and not servers on ThriftMux whose lease is over, unless there
	// are no others. It is called again whenever the nodes change, and must
	// neither change nor keep the slice beyond the picker's life. A lock of the
	// client is held meanwhile: Picker must neither block nor call the client, or
	// every call waits. The picker is called for each call, by any number of
	// goroutines at once, and must not block. If it returns nil, or a node of
	// another client, or if Picker returns nil, a node is picked at random.
	Picker(nodes []*Node) func(ctx context.Context) *Node
	// Sticky reports whether it matters for more than the load which node gets a
	// call. The call then waits for its node to be connected, or to have room,
	// instead of going to another.
	Sticky() bool
}
