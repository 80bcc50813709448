package client

import (
	"context"
	"math/rand/v2"
)

// LeastLoaded takes two endpoints at random and of these the one with less load:
// calls in flight, and a penalty for recent failures. It is the default, as it
// needs no knowledge of the endpoints and keeps clear of slow ones.
type LeastLoaded struct{}

// Picker implements Balancer.
func (LeastLoaded) Picker(nodes []*Node) func(context.Context) *Node {
	if len(nodes) == 1 {
		only := nodes[0]
		return func(context.Context) *Node { return only }
	}
	return func(context.Context) *Node {
		i := rand.IntN(len(nodes))
		j := rand.IntN(len(nodes) - 1)
		if j >= i {
			j++
		}
		if nodes[j].Load() < nodes[i].Load() {
			i = j
		}
		return nodes[i]
	}
}

// Sticky implements Balancer: it is not.
func (LeastLoaded) Sticky() bool { return false }
