package load

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// receive reads once, judges the replies that are whole, and makes as many new
// calls.
func (c *client) receive() error {
	if err := c.arm(); err != nil {
		return err
	}
	if c.in == nil {
		c.in = make([]byte, 0, min(max(c.sizeOfWindow(), minBuffer), maxBuffer))
	}
	if len(c.in) == cap(c.in) {
		c.in = slices.Grow(c.in, cap(c.in))
	}
	n, err := c.nc.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if n == 0 {
		if err == nil {
			err = io.ErrNoProgress
		}
		return fmt.Errorf("read with %d calls under way: %w", c.open, err)
	}
	return c.judge(time.Since(c.start))
}

// sizeOfWindow returns about how many bytes the replies to the open calls have.
func (c *client) sizeOfWindow() int { return len(c.calls.AppendCall(nil, FirstID)) * len(c.slots) }

// arm sees to it that a read fails after the time of a stall.
func (c *client) arm() error {
	now := time.Since(c.start)
	if c.armed-now > c.stall*3/4 {
		return nil
	}
	c.armed = now + c.stall
	return c.nc.SetReadDeadline(c.start.Add(c.armed))
}

// judge takes the whole replies off the bytes that were read at now.
func (c *client) judge(now time.Duration) error {
	b := c.in
	for len(b) > 0 {
		n, id, o, err := c.calls.Reply(b)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		b = b[n:]
		s, err := c.slotOf(id)
		if err != nil {
			return err
		}
		s.busy = false
		c.open--
		c.outcomes[o]++
		c.latency.Add(now - s.sent)
		c.call(s, now)
	}
	c.in = c.in[:copy(c.in, b)]
	return nil
}

// slotOf returns the slot of the call that a reply is for.
func (c *client) slotOf(id uint32) (*slot, error) {
	i := int(id % uint32(len(c.slots)))
	s := &c.slots[i]
	if !s.busy || s.id != id {
		return nil, fmt.Errorf("reply with id %d, which no call under way has", id)
	}
	if c.calls.Ordered() && i != c.next {
		return nil, fmt.Errorf("reply with id %d out of order, that to %d is due", id, c.slots[c.next].id)
	}
	c.next = (i + 1) % len(c.slots)
	return s, nil
}
