package server

import (
	"encoding/binary"
	"fmt"

	"github.com/oneport-thrift/oneport/protocol/wire"
)

// sniff reads until it is known what the connection speaks.
func (c *connection) sniff() error {
	if c.sess != nil {
		return nil
	}
	for {
		c.skipEmptyFrames()
		o, need, err := wire.Sniff(c.in.unread(), c.srv.bounds.limits)
		if err != nil {
			return c.unknown(err)
		}
		if need > 0 {
			if err := c.await(need); err != nil {
				return err
			}
			continue
		}
		if takeOff, ok := layers[o.Dialect]; ok {
			if err := takeOff(c); err != nil {
				return err
			}
			continue
		}
		if err := c.checkTLS(o); err != nil {
			return err
		}
		if c.srv.disabled(o) {
			return c.unknown(fmt.Errorf("server: %s is switched off (Disable)", dialectName(o.Dialect, o.Protocol)))
		}
		d, ok := dialects[o.Dialect]
		if !ok {
			return c.unknown(fmt.Errorf("server: %v is not served", o.Dialect))
		}
		c.ordered = !d.byID
		c.name = d.name
		c.peer.Dialect = dialectName(o.Dialect, o.Protocol)
		if d.open != nil {
			c.sess = d.open(c, o)
		}
		c.mu.Lock()
		c.multi, _ = c.sess.(multiplexer)
		c.mu.Unlock()
		c.in.known()
		c.opened = true
		if f := c.srv.Observer.Opened; f != nil {
			f(&c.peer)
		}
		if d.take != nil {
			return d.take(c)
		}
		return nil
	}
}

// skipEmptyFrames takes off the empty frames that the connection begins with, but
// for the last one if nothing is behind it: with the next byte it may be the name of
// an old unframed message, which is empty.
func (c *connection) skipEmptyFrames() {
	first := c.in.unread()
	n := wire.EmptyFrames(first)
	if n == len(first) || n > 0 && first[n] != 0 {
		n -= wire.FrameHeaderSize
	}
	if n > 0 {
		c.in.skip(n)
	}
}

// await reads until there are need bytes, or twice as many as now if a first frame has
// so many: so each byte of an opening is looked at a few times only, however the bytes
// come.
func (c *connection) await(need int) error {
	need = nextLook(c.in.unread(), need)
	for len(c.in.unread()) < need {
		if err := c.in.fill(); err == errNoRoom {
			return c.refuse("MaxBytes", fmt.Errorf(
				"server: no memory for an opening of more than %d bytes: the limit of %d is reached (MaxBytes)", maxRead, c.srv.bounds.bytes))
		} else if err != nil {
			return err
		}
	}
	return nil
}

// nextLook returns how many bytes there are to be when an opening is looked at again, of
// which have is there and at least need are wanted.
func nextLook(have []byte, need int) int {
	if len(have) < wire.FrameHeaderSize {
		return need
	}
	first := int64(binary.BigEndian.Uint32(have)) + wire.FrameHeaderSize
	return max(need, int(min(first, 2*int64(len(have)), maxOpening)))
}

// maxOpening is the most that wire.Sniff looks at behind a first frame's length.
const maxOpening = 64 << 10

// unknown is the end of a connection whose first bytes fit no dialect.
func (c *connection) unknown(err error) error {
	return c.refuse("dialect", c.guessed(err))
}

// guessed is err with the first bytes that wait to be read, and what they might be.
// It is for connections whose dialect is not known.
func (c *connection) guessed(err error) error {
	first := c.in.unread()
	err = fmt.Errorf("server: first bytes %s: %w", begin(first), err)
	if guess := wire.Guess(first); guess != "" {
		err = fmt.Errorf("%w (%s)", err, guess)
	}
	return err
}

// maxShown bounds the bytes of a client that a log line shows.
const maxShown = 16

// begin returns the first of some bytes, as a log line shows them.
func begin(b []byte) string { return fmt.Sprintf("% x", b[:min(len(b), maxShown)]) }
