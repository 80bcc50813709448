package client

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
)

// RoundRobin takes one endpoint after the other, from a random one on.
type RoundRobin struct{}

// Picker implements Balancer.
func (RoundRobin) Picker(nodes []*Node) func(context.Context) *Node {
	var turn atomic.Uint64
	turn.Store(uint64(rand.IntN(len(nodes))))
	return func(context.Context) *Node {
		return nodes[turn.Add(1)%uint64(len(nodes))]
	}
}

// Sticky implements Balancer: it is not.
func (RoundRobin) Sticky() bool { return false }
