package client

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// protocols are what calls may be encoded in; each has a pool.
var protocols = [2]wire.Protocol{wire.Binary, wire.Compact}

// poolIndex returns the place of p in protocols, or -1.
func poolIndex(p wire.Protocol) int {
	switch p {
	case wire.Binary:
		return 0
	case wire.Compact:
		return 1
	}
	return -1
}

// pool is a client's connections in one protocol, to all endpoints.
type pool struct {
	client   *core
	index    int
	protocol wire.Protocol
	sticky   bool
	view     atomic.Pointer[view]
	line     line

	waits   atomic.Bool // it has a turn at the places for connections, whose mu guards changes
	wanting int         // calls of a sticky pool that want one; guarded by the same mu
}

// view is what calls know of the nodes. It does not change.
type view struct {
	usable, ready []*Node // that may be tried; that have a connection
	unwanted      []*Node // that have one, and are to get calls only if the others cannot take them
	pick          func(context.Context) *Node
	pickReady     func(context.Context) *Node
}

// rebuild makes calls see what has become of nodes. Called with the core's mu
// held.
func (p *pool) rebuild(nodes []*Node) {
	v := new(view)
	for _, n := range nodes {
		list := n.list(p)
		switch {
		case unwanted(list):
			v.unwanted = append(v.unwanted, n)
		case len(list) > 0:
			v.ready = append(v.ready, n)
			v.usable = append(v.usable, n)
		case !n.down:
			v.usable = append(v.usable, n)
		}
	}
	if len(v.usable) == 0 {
		v.usable = v.unwanted
	}
	if len(v.ready) == 0 {
		v.ready, v.unwanted = v.unwanted, nil
	}
	if len(v.usable) > 0 {
		v.pick = p.picker(v.usable)
	}
	if len(v.ready) > 0 && !p.sticky {
		v.pickReady = p.picker(v.ready)
	}
	p.view.Store(v)
}

// picker asks the balancer how to pick one of the nodes. Of a balancer that does not
// say, any will do.
func (p *pool) picker(nodes []*Node) func(context.Context) *Node {
	if pick := p.client.balancer.Picker(nodes); pick != nil {
		return pick
	}
	return func(context.Context) *Node { return nil }
}

// picked returns the node that the balancer has picked of nodes, or any of them if it
// picked none, or one of another client.
func (p *pool) picked(n *Node, nodes []*Node) *Node {
	if n == nil || n.client != p.client {
		return nodes[rand.IntN(len(nodes))]
	}
	return n
}

// look has the calls that wait look for room: the first of them, who tells the
// next, or everybody where they may wait for different nodes.
func (p *pool) look() {
	if p.sticky {
		p.line.pokeAll()
	} else {
		p.line.poke()
	}
}

// start puts a call on a connection of the nodes in v. false means that there is
// none with room. w is the call's place in line, nil if it has none.
func (p *pool) start(ctx context.Context, v *view, m *call, req *mux.Request, w *waiter) (bool, error) {
	if v.pick == nil {
		return false, nil
	}
	n := p.picked(v.pick(ctx), v.usable)
	if ok, err := n.start(p, m, req, w); ok || err != nil || p.sticky || v.pickReady == nil {
		return ok, err
	}
	n = p.picked(v.pickReady(ctx), v.ready)
	if ok, err := n.start(p, m, req, w); ok || err != nil {
		return ok, err
	}
	if ok, err := p.startOnAny(v.ready, m, req, w); ok || err != nil {
		return ok, err
	}
	return p.startOnAny(v.unwanted, m, req, w)
}

// startOnAny puts a call on a connection of the first of the nodes that has room,
// from a random one on.
func (p *pool) startOnAny(nodes []*Node, m *call, req *mux.Request, w *waiter) (bool, error) {
	if len(nodes) == 0 {
		return false, nil
	}
	first := rand.IntN(len(nodes))
	for i := range nodes {
		n := nodes[(first+i)%len(nodes)]
		if ok, err := n.start(p, m, req, w); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// reachable reports whether there is a connection that a call could go on, and has
// one opened if not. That takes no place for a call: who has no connection must
// not have to wait for those who have.
func (p *pool) reachable(ctx context.Context, v *view, w *waiter) bool {
	if len(v.ready) > 0 && !p.sticky {
		return true
	}
	if v.pick == nil {
		return false
	}
	n := p.picked(v.pick(ctx), v.usable)
	seen := n.conns[p.index].Load()
	if seen != nil && len(*seen) > 0 {
		return true
	}
	n.grow(p, seen, w)
	return false
}

// place puts a call on a connection, and waits until it can unless that fails at
// once. The call holds a place of the Limits then, which the connection gives back
// when it is done with the call.
func (p *pool) place(ctx context.Context, m *call, req *mux.Request) error {
	if p.line.empty() || p.sticky {
		if ok, err := p.try(ctx, p.view.Load(), m, req, nil); ok || err != nil {
			return err
		}
	}
	return p.await(ctx, m, req)
}

// try puts a call on a connection of the nodes in v, for which it takes a place of
// the Limits. false means that there is no connection with room.
func (p *pool) try(ctx context.Context, v *view, m *call, req *mux.Request, w *waiter) (bool, error) {
	if !p.reachable(ctx, v, w) {
		return false, nil
	}
	if err := p.takeCall(ctx, req, w); err != nil {
		return false, err
	}
	ok, err := p.start(ctx, v, m, req, w)
	if !ok {
		p.client.limits.freeCalls(1)
	}
	return ok, err
}

// await stands in line until the call is placed.
func (p *pool) await(ctx context.Context, m *call, req *mux.Request) error {
	limits := p.client.limits
	if err := limits.beginWait(len(req.Body)); err != nil {
		return err
	}
	defer limits.endWait(len(req.Body))
	req.WillBlock()
	w := newWaiter()
	p.line.enter(w)
	defer p.leave(w)
	if p.sticky {
		w.poke() // nobody before it looks for the same
	}
	for {
		select {
		case <-w.look:
		case <-ctx.Done():
			return p.client.waited(ctx)
		}
		if p.client.ctx.Err() != nil {
			return unavailable(ErrClosed)
		}
		v := p.view.Load()
		w.asked = false
		ok, err := p.try(ctx, v, m, req, w)
		if ok {
			return nil
		}
		if !w.asked {
			limits.conns.pass(p, w)
		}
		if err == nil && p.client.config.FailFast {
			err = p.client.failFast(v, p, w)
		}
		if err != nil {
			return err
		}
	}
}

// leave takes w out of the line.
func (p *pool) leave(w *waiter) {
	p.line.leave(w)
	p.client.limits.conns.left(p, w)
}
