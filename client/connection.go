package client

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// phase is how far a connection's life has come. It only moves on.
type phase = int32

const (
	open     phase = iota
	retiring       // takes no more calls, and closes when those it has have ended
	dead           // every call has failed, and the socket is closed
)

// connection is one connection to an endpoint. Any number of goroutines append
// calls to its outbox, one at a time writes for all, and one reads and hands each
// reply to the call with its id.
type connection struct {
	client *core
	node   *Node
	pool   *pool
	rwc    net.Conn
	peer   mux.Peer
	sess   session
	multi  multiplexer // sess, if it is one
	window int         // of a ThriftMux server, see greeted
	opened time.Time
	began  uint64 // the node's count of events when it was opened; see Node.failed
	direct bool   // out writes without waiting

	state atomic.Int32 // changed with mu held
	aside atomic.Bool  // retired by setAsideLocked
	load  atomic.Int32 // calls in flight, abandoned ones included; changed with mu held

	mu       sync.Mutex
	pending  conn.Pending[call]
	inFlight callList // by age
	out      conn.Outbox
	appended int64    // bytes that were ever put into the outbox
	written  int64    // bytes that the system has taken
	sending  int64    // bytes that it has taken or may be taking
	oneways  callList // whose bytes it has not
	idleAt   time.Time
	started  int           // calls, ever
	lost     int           // calls that failed with the connection
	why      error         // why it is dead
	reads    reads         // who reads
	turn     chan struct{} // tells the goroutine to look at reads; capacity 1

	writer writer
	reader reader
	lease  lease
}

// errRetired ends a connection that is closed by the client's own wish.
var errRetired = errors.New("the client closed the connection")

func newConnection(n *Node, p *pool, nc net.Conn) *connection {
	c := &connection{client: n.client, node: n, pool: p, rwc: nc, opened: time.Now()}
	d := dialects[c.client.framing]
	if g, ok := nc.(*greeted); ok {
		d, c.rwc, c.window = dialects[wire.ThriftMux], g.Conn, g.window
	}
	c.idleAt = c.opened
	c.turn = make(chan struct{}, 1)
	c.pending = conn.NewPending[call](d.greatest())
	c.peer = mux.Peer{Addr: nc.RemoteAddr(), Local: nc.LocalAddr(), Dialect: d.name + " " + p.protocol.String()}
	c.sess = d.open(c)
	c.multi, _ = c.sess.(multiplexer)
	c.writer.init(c)
	c.reader.init(c)
	return c
}

func (d dialect) greatest() uint32 {
	if d.lastID == 0 {
		return conn.LastID
	}
	return d.lastID
}

func (c *connection) phase() phase { return c.state.Load() }

// start puts a call into the outbox and sees to it that it is sent. false means
// that the connection has no room for it. An error is the call's own.
func (c *connection) start(m *call, req *mux.Request) (bool, error) {
	c.mu.Lock()
	if !c.hasRoomLocked() {
		c.mu.Unlock()
		return false, nil
	}
	if c.inFlight.first == nil && c.stale() {
		c.mu.Unlock()
		c.fail(errEnded)
		return false, nil
	}
	if err := c.append(m, req); err != nil {
		c.mu.Unlock()
		return false, err
	}
	write, others := c.out.Start(), c.inFlight.first != c.inFlight.last && c.out.Len() < gather
	c.mu.Unlock()
	if write {
		c.flush(others)
	}
	return true, nil
}

// hasRoomLocked reports whether the connection can take one more call. While more calls than
// MaxAbandoned are given up and unanswered it takes none.
func (c *connection) hasRoomLocked() bool {
	b := &c.client.bounds
	limit := b.calls
	if c.node.probing.Load() {
		limit = 1
	}
	return c.state.Load() == open && int(c.load.Load()) < limit && c.out.Len() < b.connBytes &&
		c.pending.Abandoned() <= b.abandoned
}

// young reports whether no call of the connection is slow; see Adaptive.
func (c *connection) young(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending.Abandoned() == 0 && (c.inFlight.first == nil || now.Sub(c.inFlight.first.at) < c.client.bounds.slow)
}

// append enters the call among those in flight, and its bytes into the outbox.
// Called with mu held.
func (c *connection) append(m *call, req *mux.Request) error {
	oneway := req.Type == wire.Oneway
	owed := oneway && c.multi != nil // there a oneway is answered as well, and keeps its id until then
	switch {
	case owed:
		m.id = c.pending.AddOwed()
	case oneway:
		m.id = c.pending.AddOneway()
	default:
		m.id = c.pending.Add(m)
	}
	dst := c.out.Room(len(req.Body) + len(req.Service) + len(req.Method) + callOverhead)
	before := len(dst)
	var err error
	if c.multi != nil {
		dst, err = c.multi.appendDispatch(dst, m, req)
	} else {
		dst, err = c.sess.appendCall(dst, req, m.id)
	}
	if err != nil {
		c.out.Set(dst[:before])
		c.pending.Take(m.id)
		return err
	}
	c.out.Set(dst)
	m.conn, m.from, m.service, m.method = c, c.appended, req.Service, req.Method
	m.refusals = c.node.refusals.Load()
	c.appended += int64(len(dst) - before)
	m.to = c.appended
	c.started++
	if owed {
		c.load.Add(1)
	}
	if oneway {
		m.unwritten = true
		c.oneways.push(m)
		return nil
	}
	c.link(m)
	if c.reads == nobody {
		c.reads, m.leads = aCaller, true
	}
	return nil
}

// callOverhead is more than most dialects add to the names and the body of a
// call; a guess that is too low costs a copy.
const callOverhead = 64

// stale reports whether the server has closed a connection that has had no call
// for a moment, which the goroutine that reads may not have seen yet. Called with
// mu held and no calls in flight.
func (c *connection) stale() bool {
	return c.direct && time.Since(c.idleAt) > recentlyUsed && c.writer.out.Ended()
}

// recentlyUsed is how long after its last reply a connection is taken to be as it
// was.
const recentlyUsed = 5 * time.Millisecond

var (
	errEnded            = errors.New("the server closed the connection")
	errAbandoned        = errors.New("a call was given up on a connection of one call at a time")
	errTooManyAbandoned = errors.New("more calls than MaxAbandoned were given up and not answered")
)
