package client

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"slices"
)

// ConsistentHash sends all calls with the same key, see [WithHashKey], to the same
// endpoint, and when endpoints come or go moves no more keys than it must. Calls
// without a key go anywhere. An endpoint that is left alone after failures, or
// whose ThriftMux lease is over, hands its keys to the others until it is back.
type ConsistentHash struct {
	// Points is how often each endpoint stands on the ring; more make the shares
	// more even. 0 means 100.
	Points int
}

type hashKey struct{}

// WithHashKey returns a context whose calls go by key with [ConsistentHash].
func WithHashKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, hashKey{}, key)
}

// point is a place on the ring, and whose it is.
type point struct {
	at   uint64
	node *Node
}

// Picker implements Balancer.
func (h ConsistentHash) Picker(nodes []*Node) func(context.Context) *Node {
	points := h.Points
	if points <= 0 {
		points = 100
	}
	ring := make([]point, 0, len(nodes)*points)
	for _, n := range nodes {
		for i := range points {
			ring = append(ring, point{hashOf(n.Endpoint().Addr, i), n})
		}
	}
	slices.SortFunc(ring, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.node.endpoint.Addr, b.node.endpoint.Addr))
	})
	return func(ctx context.Context) *Node {
		key, ok := ctx.Value(hashKey{}).(string)
		if !ok {
			return nodes[rand.IntN(len(nodes))]
		}
		at := hashOf(key, 0)
		i, _ := slices.BinarySearchFunc(ring, at, func(p point, at uint64) int { return cmp.Compare(p.at, at) })
		return ring[i%len(ring)].node
	}
}

// Sticky implements Balancer: it is.
func (ConsistentHash) Sticky() bool { return true }

// hashOf places the i-th point of a name on the ring. The multiplications spread
// what FNV leaves close together for names that differ in their last byte.
func hashOf(name string, i int) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(i))
	h.Write(n[:])
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
