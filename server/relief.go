package server

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// relief makes room while the server is short of it: from three quarters of MaxBytes
// on. It looks at all connections every reliefTick. Those whose client has taken no
// byte of its replies for maxStuck, or has sent none of a message that is not whole,
// are cut, the largest first, until the server is no longer short. Calls that run are
// no reason to cut: a client that reads, and sends what it has begun, is left alone.
//
// It also wakes the connections that wait for room: others may have made some.
//
// The goroutine starts when the server becomes short (Server.count), and ends when it
// is so no more, or with the server.
type relief struct{ on atomic.Bool }

const (
	reliefTick = 250 * time.Millisecond
	maxStuck   = time.Second
)

// start starts the goroutine if it does not run.
func (r *relief) start(s *Server) {
	if !r.on.Load() && r.on.CompareAndSwap(false, true) {
		go s.relieve()
	}
}

// progress is how far a connection was when relief looked at it.
type progress struct {
	sent, came           int64     // when bytes last went and came
	unsentFrom, halfFrom time.Time // since when it was seen to bring nothing; zero if it has
}

// stuck is what is held for a client that brings nothing.
type stuck struct {
	c     *connection
	bytes int64
	what  string
}

func (s *Server) relieve() {
	t := time.NewTicker(reliefTick)
	defer t.Stop()
	var before map[*connection]progress
	for {
		select {
		case <-t.C:
		case <-s.ctx.Done():
			return // on stays: nothing starts it again
		}
		var found []stuck
		before, found = s.lookForStuck(before, time.Now())
		s.cutStuck(found)
		if s.load.bytes.Load() > s.bounds.short {
			continue
		}
		s.relief.on.Store(false)
		// A count that rises now either sees the flag down, or is seen here.
		if s.load.bytes.Load() <= s.bounds.short || !s.relief.on.CompareAndSwap(false, true) {
			return
		}
	}
}

// lookForStuck compares all connections with what they were before, and returns what
// they are now and those that are stuck. It wakes those that wait for room.
func (s *Server) lookForStuck(before map[*connection]progress, now time.Time) (map[*connection]progress, []stuck) {
	s.mu.Lock()
	conns := make([]*connection, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	after := make(map[*connection]progress, len(conns))
	var found []stuck
	for _, c := range conns {
		p := before[c]
		unsent, half := c.waitsFor()
		if sent := c.sent.Load(); unsent == 0 || sent != p.sent {
			p.sent, p.unsentFrom = sent, time.Time{}
		}
		if came := c.active.Load(); half == 0 || came != p.came {
			p.came, p.halfFrom = came, time.Time{}
		}
		if lasts(&p.unsentFrom, unsent, now) {
			found = append(found, stuck{c, unsent, "taken none of its replies"})
		} else if lasts(&p.halfFrom, half, now) {
			found = append(found, stuck{c, half, "sent no more of a message"})
		}
		if unsent > 0 {
			c.poke()
		}
		after[c] = p
	}
	return after, found
}

// lasts reports whether bytes have waited since from, which it sets, for maxStuck.
func lasts(from *time.Time, bytes int64, now time.Time) bool {
	if bytes == 0 {
		return false
	}
	if from.IsZero() {
		*from = now
	}
	return now.Sub(*from) >= maxStuck
}

// waitsFor returns how many bytes the connection holds until its client takes them, and
// how many until it sends more; 0 for what is not worth it. It wakes the reader if that
// waits for room.
func (c *connection) waitsFor() (unsent, half int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting {
		c.tell()
	}
	unsent = int64(c.out.Unsent())
	if c.multi != nil {
		unsent += int64(c.multi.waiting())
	}
	if c.halfRead.Load() || c.multi != nil {
		half = c.incoming
	}
	if hc := c.http.Load(); hc != nil {
		unsent = hc.sending.Load()
	} else if !c.out.Writing() {
		unsent = 0
	}
	if unsent <= c.srv.bounds.small {
		unsent = 0
	}
	if half <= c.srv.bounds.small {
		half = 0
	}
	return unsent, half
}

// cutStuck cuts the connections that hold most until the server is no longer short.
func (s *Server) cutStuck(found []stuck) {
	slices.SortFunc(found, func(a, b stuck) int { return cmp.Compare(b.bytes, a.bytes) })
	used := s.load.bytes.Load()
	for _, f := range found {
		if used <= s.bounds.short {
			return
		}
		f.c.cut(f.c.refuse("MaxBytes", fmt.Errorf(
			"server: the client has %s for %v, of which the server holds %d bytes while it holds %d in all: that is near the limit of %d (MaxBytes)",
			f.what, maxStuck, f.bytes, used, s.bounds.bytes)))
		used -= f.bytes
	}
}
