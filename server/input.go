package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/oneport-thrift/oneport/internal/conn"
)

// Reading follows what comes: buffers start small and double while reads fill
// them.
const (
	minRead = 4 << 10
	maxRead = 64 << 10
)

var (
	errDraining = errors.New("server: draining")
	errIdle     = errors.New("server: idle")
	// errNoRoom says that the server cannot hold more of the message that comes in.
	errNoRoom = errors.New("server: no room")
)

// input is the receiving side of a connection. It belongs to the goroutine that
// reads, and holds no memory while it waits for a message's first byte.
type input struct {
	c    *connection
	from conn.Reader
	buf  *conn.Buffer // nil if there is nothing
	pos  int          // buf.B[pos:] is not consumed yet
	size int          // of the next buffer
	now  time.Time    // when bytes last came

	since   time.Time     // when the first byte of the unfinished message came; zero without one
	partial time.Duration // how long that may take
	armed   time.Time     // the read deadline that is set; zero if none
	inside  bool          // armed is for a message, not for idleness
	more    bool          // bytes came while the connection was full
	held    int           // bytes that the connection counts for buf
	passing int           // bytes to come that are dropped: the rest of a message that was refused
	end     error         // what reading came to in the end, if that was then
}

func (in *input) init(c *connection) {
	in.c, in.size, in.partial = c, minRead, c.srv.bounds.sniff
	in.now = time.Now()
	in.from.Init(c.rwc)
}

// known ends the time of sniffing.
func (in *input) known() { in.partial = in.c.srv.bounds.partial }

// unread returns the bytes that are not consumed.
func (in *input) unread() []byte {
	if in.buf == nil {
		return nil
	}
	return in.buf.B[in.pos:]
}

// consume takes n bytes off.
func (in *input) consume(n int) {
	in.pos += n
	in.since = time.Time{}
}

// skip takes n bytes off that stand before what the connection speaks. The time
// of sniffing goes on for bytes that are there already, and begins anew with the
// next one if none are: balancers connect early.
func (in *input) skip(n int) {
	since := in.since
	in.consume(n)
	if len(in.unread()) > 0 {
		in.since = since
	}
}

// secured makes nc, a session on the connection, what is read from now on. Its
// reader has cleared the deadlines, and the client has just been heard of.
func (in *input) secured(nc net.Conn) {
	in.from.Init(nc)
	in.armed, in.inside = time.Time{}, false
	in.now = time.Now()
	in.c.touch(in.now)
}

// detach gives the buffer away, and keeps the unread bytes in a new one.
func (in *input) detach() *conn.Buffer {
	b, rest := in.buf, in.unread()
	in.buf, in.pos = nil, 0
	in.hold(0)
	if len(rest) > 0 {
		in.buf = conn.Take(max(in.size, len(rest)))
		in.buf.B = append(in.buf.B, rest...)
	}
	return b
}

// release lets go of the buffer and what is in it.
func (in *input) release() {
	in.buf.Release()
	in.buf, in.pos = nil, 0
	in.hold(0)
}

// hold counts n bytes, instead of those counted before, as held by the connection
// for a message that is not there yet.
func (in *input) hold(n int) {
	if n != in.held {
		in.c.mu.Lock()
		in.holdLocked(n)
		in.c.mu.Unlock()
	}
}

// holdLocked is hold with the connection's lock held.
func (in *input) holdLocked(n int) {
	in.c.incoming += int64(n - in.held)
	in.held = n
	in.c.chargeLocked(0)
}

// fill reads more bytes behind those that are not consumed. It returns
// errDraining when reading is to end, errIdle after IdleTimeout.
func (in *input) fill() error {
	if in.more {
		in.more = false
		return nil
	}
	if err := in.makeRoom(); err != nil {
		return err
	}
	for {
		in.arm()
		// Asked after the deadline was set: drain does it the other way round.
		if in.c.draining.Load() {
			return errDraining
		}
		half := len(in.unread()) > 0 || in.passing > 0
		if half {
			in.c.halfRead.Store(true)
		}
		err := in.read()
		if half {
			in.c.halfRead.Store(false)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			if len(in.unread()) > 0 && in.c.sess != nil && !isReset(err) {
				return fmt.Errorf("server: connection ended inside a message, after %d bytes of it: %w", len(in.unread()), err)
			}
			return err
		}
		if err := in.expired(); err != nil {
			return err
		}
	}
}

// read reads once, and notes when that was.
func (in *input) read() error {
	if in.end != nil {
		return in.end
	}
	before := len(in.unread())
	var n int
	var err error
	in.buf, n, err = in.from.Read(in.buf, in.size)
	if n <= 0 {
		return err
	}
	in.now = time.Now()
	in.c.touch(in.now)
	if before == 0 && in.passing == 0 {
		in.since = in.now
	}
	if in.passing > 0 {
		in.passOver()
	}
	switch {
	case len(in.buf.B) == cap(in.buf.B):
		in.size = min(2*in.size, maxRead)
	case n < in.size/8:
		in.size = max(in.size-in.size/16, minRead)
	}
	return nil
}

// makeRoom sees to it that there is no buffer, or one with room, within what the
// server may hold: it returns errNoRoom if there is none for more of a message. Room
// grows with what has come, never with what a length says.
func (in *input) makeRoom() error {
	if len(in.unread()) == 0 {
		in.release()
		return nil
	}
	size := in.wanted()
	if size > maxRead && size > cap(in.buf.B) {
		in.hold(cap(in.buf.B))
		if err := in.c.roomForMore(); err != nil {
			return err
		}
	}
	in.hold(size)
	in.buf = in.buf.Grow(size)
	return nil
}

// wanted returns how large the buffer is to be for the next read. If it is full, what
// was consumed is taken out.
func (in *input) wanted() int {
	rest := in.unread()
	if in.pos > 0 && len(in.buf.B) == cap(in.buf.B) {
		in.buf.B = in.buf.B[:copy(in.buf.B, rest)]
		in.pos = 0
	}
	size := cap(in.buf.B)
	if len(in.buf.B) == size {
		size *= 2
	}
	return size
}

// pass drops the bytes at hand, which are the beginning of a message that was refused,
// and rest bytes that are still to come of it. They must come in the message's time.
func (in *input) pass(rest int) {
	since := in.since
	in.consume(len(in.unread()))
	in.release()
	if in.passing = max(rest, 0); rest > 0 {
		in.since = since
	}
}

// passOver drops what came of a message that was refused.
func (in *input) passOver() {
	n := min(in.passing, len(in.unread()))
	in.pos += n
	if in.passing -= n; in.passing == 0 {
		in.since = time.Time{}
		if len(in.unread()) > 0 {
			in.since = in.now
		}
	}
}

// readAheadLocked is makeRoom for what is read while no call may be started, of which
// there is no more than a buffer, and nothing while the server holds too much. It
// reports whether there is anything to be read.
func (in *input) readAheadLocked() bool {
	switch n := len(in.unread()); {
	case in.end != nil:
		return false
	case in.c.draining.Load():
		return true // to be dropped
	case n == 0:
		in.buf.Release()
		in.buf, in.pos = nil, 0
		in.holdLocked(0)
		return true
	case n >= maxRead:
		return false
	}
	size := in.wanted()
	if in.holdLocked(size); in.c.freeLocked() < 0 {
		return false
	}
	in.buf = in.buf.Grow(size)
	return true
}

// arm sets the deadline for the next read: by when the message that has begun
// must be there, or how long the connection may be idle.
func (in *input) arm() {
	if len(in.unread()) > 0 || in.passing > 0 {
		if in.since.IsZero() {
			// Not when the bytes came: reading may have paused since then.
			in.since = time.Now()
		}
		in.set(in.since.Add(in.partial), in.partial, true)
		return
	}
	idle := in.idle()
	want := in.now.Add(idle)
	if !in.inside && !in.armed.IsZero() && want.Sub(in.armed) < idle/8 {
		return // near enough; expired looks again
	}
	in.set(want, idle, false)
}

// idle returns how long the connection may be silent between two messages. A client
// without the certificate that is required has no time to waste.
func (in *input) idle() time.Duration {
	b := &in.c.srv.bounds
	if in.c.certless && b.sniff > 0 {
		return b.sniff
	}
	return b.idle
}

// set sets the read deadline to want, or to none if d is 0.
func (in *input) set(want time.Time, d time.Duration, inside bool) {
	if d == 0 {
		want = time.Time{}
	}
	if !want.Equal(in.armed) {
		in.armed = want
		in.c.rwc.SetReadDeadline(want)
	}
	in.inside = inside
}

// expired is called when the deadline that was armed has passed. nil means that
// it was set too early.
func (in *input) expired() error {
	c := in.c
	if c.draining.Load() {
		return errDraining
	}
	if n := len(in.unread()); n > 0 || in.passing > 0 {
		if c.sess == nil {
			return c.refuse("SniffTimeout", c.guessed(fmt.Errorf("%d bytes came and the rest not within %v (SniffTimeout)", n, in.partial)))
		}
		return c.refuse("MessageTimeout", fmt.Errorf("server: %d bytes of a message came, beginning with %s, and the rest not within %v (MessageTimeout)",
			n, begin(in.unread()), in.partial))
	}
	c.mu.Lock()
	busy := c.open > 0 || c.out.Writing()
	c.mu.Unlock()
	now := time.Now()
	if last := c.lastActive(); last.After(in.now) {
		in.now = last
	}
	if busy {
		in.now = now
	} else if now.Sub(in.now) >= in.idle() {
		return errIdle
	}
	in.armed = time.Time{} // so that arm sets it anew
	return nil
}
