package server

import (
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
			if err := c.in.fill(); err != nil {
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
