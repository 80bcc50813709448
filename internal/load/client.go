package load

import (
	"fmt"
	"net"
	"time"
)

// Buffers hold a window of calls and replies, within these sizes; a reply that is
// larger gets a larger one.
const (
	minBuffer = 4 << 10
	maxBuffer = 256 << 10
)

// client is one connection. During a run one goroutine does everything on it:
// what is due is written as far as there is room, then replies are read.
type client struct {
	nc    net.Conn
	out   sender
	calls Calls
	stall time.Duration

	slots []slot // by id modulo their number: one for each call in flight
	next  int    // the slot whose reply is due, if replies are ordered

	start time.Time
	limit time.Duration // when to make no more calls, after start; 0: never
	left  int64         // calls that may still be made; negative: any number
	open  int           // calls under way
	armed time.Duration // the read deadline, after start

	due  []byte // calls that are not written
	ends []int  // where each call ends in due
	in   []byte // what was read and not judged

	sent     int64
	outcomes [Wrong + 1]int64
	latency  Histogram
}

// slot is the place of one call in flight.
type slot struct {
	id   uint32 // of the call, or of the last one
	busy bool
	sent time.Duration // after start
}

func newClient(nc net.Conn, conf *Config, number int) *client {
	c := &client{nc: nc, out: newSender(nc), calls: conf.Dialect.Open(number), stall: conf.Stall}
	c.slots = make([]slot, conf.InFlight)
	for i := range c.slots {
		// The ids of a slot are i modulo the number of slots.
		c.slots[i].id = firstOf(i, conf.InFlight)
	}
	return c
}

// firstOf returns the first id of slot i of n, less n.
func firstOf(i, n int) uint32 {
	return uint32(FirstID - FirstID%n + i)
}

func (c *client) close() error {
	err := c.nc.Close()
	c.out.close()
	return err
}

// interrupt ends a run from another goroutine.
func (c *client) interrupt() { c.nc.SetDeadline(time.Unix(1, 0)) }

// run makes up to n calls (negative: any number) until limit after start (0: no
// limit), and returns when their replies are there.
func (c *client) run(n int64, start time.Time, limit time.Duration) error {
	c.start, c.limit, c.left, c.armed = start, limit, n, 0
	c.sent, c.outcomes = 0, [Wrong + 1]int64{}
	c.latency = Histogram{}
	defer func() { c.in, c.due, c.ends = nil, nil, nil }()

	now := time.Since(start)
	for range c.slots {
		// From the slot that is due next, so that an ordered connection goes on
		// in the order in which it stopped.
		c.call(&c.slots[(c.next+c.open)%len(c.slots)], now)
		if c.left == 0 {
			break
		}
	}
	for c.open > 0 {
		if err := c.flush(); err != nil {
			return err
		}
		if err := c.receive(); err != nil {
			return err
		}
	}
	if len(c.in) > 0 {
		return fmt.Errorf("%d bytes behind the last reply", len(c.in))
	}
	return nil
}

// call makes the next call in s, if another one is to be made.
func (c *client) call(s *slot, now time.Duration) {
	if c.left == 0 || c.limit > 0 && now >= c.limit {
		return
	}
	c.left--
	s.id += uint32(len(c.slots))
	s.busy, s.sent = true, now
	c.open++
	c.sent++
	c.due = c.calls.AppendCall(c.due, s.id)
	c.ends = append(c.ends, len(c.due))
}

// flush writes what is due, as far as there is room. It waits for room only when
// no whole call is out: otherwise a reply comes, and the server may not read on
// before it has been taken.
func (c *client) flush() error {
	if len(c.due) == 0 {
		return nil
	}
	n, err := c.out.send(c.due, false)
	if err == nil && n < len(c.due) && c.open == c.unwritten(n) {
		var more int
		more, err = c.out.send(c.due[n:], true)
		n += more
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	rest := c.ends[len(c.ends)-c.unwritten(n):]
	c.due = c.due[:copy(c.due, c.due[n:])]
	c.ends = c.ends[:copy(c.ends, rest)]
	for i := range c.ends {
		c.ends[i] -= n
	}
	return nil
}

// unwritten returns how many of the calls that are due are not whole in the first
// n bytes.
func (c *client) unwritten(n int) int {
	if n == len(c.due) {
		return 0
	}
	i := 0
	for c.ends[i] <= n {
		i++
	}
	return len(c.ends) - i
}
