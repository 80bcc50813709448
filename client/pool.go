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
}

// view is what calls know of the nodes. It does not change.
type view struct {
	usable, ready []*Node // that may be tried; that have a connection
	pick          func(context.Context) *Node
	pickReady     func(context.Context) *Node
}

// rebuild makes calls see what has become of nodes. Called with the core's mu
// held.
func (p *pool) rebuild(nodes []*Node) {
	v := new(view)
	for _, n := range nodes {
		connected := len(n.list(p)) > 0
		if connected {
			v.ready = append(v.ready, n)
		}
		if connected || !n.down {
			v.usable = append(v.usable, n)
		}
	}
	if len(v.usable) > 0 {
		v.pick = p.client.balancer.Picker(v.usable)
	}
	if len(v.ready) > 0 && !p.sticky {
		v.pickReady = p.client.balancer.Picker(v.ready)
	}
	p.view.Store(v)
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

// start puts a call on a connection. false means that there is none with room.
// waits says that the call stands in line for it.
func (p *pool) start(ctx context.Context, m *call, req *mux.Request, waits bool) (bool, error) {
	v := p.view.Load()
	if v.pick == nil {
		return false, nil
	}
	n := v.pick(ctx)
	if ok, err := n.start(p, m, req, waits); ok || err != nil || p.sticky || v.pickReady == nil {
		return ok, err
	}
	n = v.pickReady(ctx)
	if ok, err := n.start(p, m, req, waits); ok || err != nil {
		return ok, err
	}
	first := rand.IntN(len(v.ready))
	for i := range v.ready {
		n := v.ready[(first+i)%len(v.ready)]
		if ok, err := n.start(p, m, req, waits); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// place puts a call on a connection, and waits until it can unless that fails at
// once. The call holds a place of the Limits then.
func (p *pool) place(ctx context.Context, m *call, req *mux.Request) error {
	if p.line.empty() || p.sticky {
		if err := p.client.takeCall(ctx, len(req.Body), false); err != nil {
			return err
		}
		ok, err := p.start(ctx, m, req, false)
		if ok {
			return nil
		}
		p.client.limits.freeCall()
		if err != nil {
			return err
		}
	}
	return p.await(ctx, m, req)
}

// await stands in line until the call is placed.
func (p *pool) await(ctx context.Context, m *call, req *mux.Request) error {
	if err := p.client.failFast(p); err != nil {
		return err
	}
	limits := p.client.limits
	if err := limits.beginWait(len(req.Body)); err != nil {
		return err
	}
	defer limits.endWait(len(req.Body))
	req.WillBlock()
	w := newWaiter()
	p.line.enter(w)
	defer p.leave(w)
	for {
		select {
		case <-w.look:
		case <-ctx.Done():
			return p.client.waited(ctx)
		}
		if p.client.ctx.Err() != nil {
			return unavailable(ErrClosed)
		}
		if err := p.client.failFast(p); err != nil {
			return err
		}
		if err := p.client.takeCall(ctx, len(req.Body), true); err != nil {
			return err
		}
		ok, err := p.start(ctx, m, req, true)
		if ok {
			return nil
		}
		limits.freeCall()
		if err != nil {
			return err
		}
	}
}

// leave takes w out of the line.
func (p *pool) leave(w *waiter) {
	if p.line.leave(w) {
		p.client.limits.conns.withdraw(p)
	}
}
