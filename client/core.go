package client

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// core is what a client is made of once it has started. Its mutex guards what
// changes seldom: endpoints, and the lists of their connections.
type core struct {
	config   *Client
	bounds   bounds
	mode     Mode
	framing  wire.Dialect
	limits   *Limits
	balancer Balancer
	filtered mux.Handler // the filters, and the client in them; nil without filters
	names    names
	budget   budget
	calls    sync.Pool // of *call
	pools    [2]*pool

	ctx     context.Context // ends when the client is closed
	cancel  context.CancelCauseFunc
	watcher Watcher

	mu       sync.Mutex
	nodes    []*Node
	resolved error // why the last look for endpoints failed
	closing  bool
	live     map[*connection]struct{}
	conns    int           // that live or are being opened
	sent     int           // calls, on connections that have ended
	gone     chan struct{} // closed when conns is 0 and closing is set; nil before
}

// start fills in the core. Its error is that of every call.
func (c *Client) start() error {
	c.startOnce.Do(func() { c.startErr = c.init() })
	return c.startErr
}

func (c *Client) init() error {
	if err := c.check(); err != nil {
		return err
	}
	resolver := c.Resolver
	if resolver == nil {
		list, err := parseTarget(c.Target)
		if err != nil {
			return err
		}
		resolver = list
	}
	o := &c.core
	o.config, o.bounds, o.mode, o.framing = c, c.resolve(), c.Mode, c.dialect()
	if o.limits = c.Limits; o.limits == nil {
		o.limits = new(Limits)
	}
	if o.balancer = c.Balancer; o.balancer == nil {
		o.balancer = LeastLoaded{}
	}
	o.budget = budget{share: o.bounds.share, floor: o.bounds.floor, at: time.Now(), tokens: o.bounds.floor}
	if len(c.Filters) > 0 {
		o.filtered = mux.Chain(sender{o}, c.Filters...)
	}
	for i, p := range protocols {
		o.pools[i] = &pool{client: o, index: i, protocol: p, sticky: o.balancer.Sticky()}
		o.pools[i].view.Store(new(view))
	}
	o.live = make(map[*connection]struct{})
	o.ctx, o.cancel = context.WithCancelCause(context.Background())
	watcher, err := resolver.Watch(c.Target, o.update)
	if err == nil && watcher == nil {
		err = errors.New("client: Resolver.Watch returned neither a Watcher nor an error")
	}
	if err != nil {
		o.cancel(err)
		return err
	}
	o.watcher = watcher
	return nil
}

// update takes over the endpoints that the resolver has found.
func (c *core) update(list []Endpoint, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	if c.resolved = err; err != nil {
		c.changed()
		return
	}
	old := c.nodes
	c.nodes = nil
	for _, e := range list {
		if indexOf(c.nodes, e) >= 0 {
			continue
		}
		if i := indexOf(old, e); i >= 0 {
			c.nodes = append(c.nodes, old[i])
			old = slices.Delete(slices.Clone(old), i, i+1)
		} else {
			c.nodes = append(c.nodes, &Node{client: c, endpoint: e})
		}
	}
	for _, n := range old {
		n.leave()
	}
	c.changed()
}

func indexOf(nodes []*Node, e Endpoint) int {
	return slices.IndexFunc(nodes, func(n *Node) bool { return n.endpoint == e })
}

// changed makes calls see what has become of the nodes. Called with mu held.
func (c *core) changed() {
	for _, p := range c.pools {
		p.rebuild(c.nodes)
		p.look()
	}
}

// shutdown ends the client; see Client.Close.
func (c *core) shutdown(ctx context.Context) error {
	gone, first := c.beginClose()
	if first && c.watcher != nil {
		c.watcher.Close()
	}
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	live := slices.Collect(maps.Keys(c.live))
	c.mu.Unlock()
	for _, o := range live {
		o.fail(errCut)
	}
	<-gone
	return context.Cause(ctx)
}

var errCut = errors.New("the client was closed before the reply came")

// beginClose lets every connection end when its calls have. gone is closed when
// they all have; first says that nobody else has called it.
func (c *core) beginClose() (gone <-chan struct{}, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return c.gone, false
	}
	c.closing = true
	c.cancel(ErrClosed)
	c.gone = make(chan struct{})
	if c.conns == 0 {
		close(c.gone)
	}
	for _, n := range c.nodes {
		n.leave()
	}
	for _, p := range c.pools {
		p.rebuild(nil)
		p.line.pokeAll()
	}
	return c.gone, true
}

// started returns how many calls have ever been sent.
func (c *core) started() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.sent
	for o := range c.live {
		o.mu.Lock()
		n += o.started
		o.mu.Unlock()
	}
	return n
}

// connGone counts a connection, or the attempt at one, as ended. Called with mu
// held.
func (c *core) connGone() {
	if c.conns--; c.conns == 0 && c.closing {
		close(c.gone)
	}
}
