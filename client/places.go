package client

import (
	"slices"
	"sync"
	"time"
)

// tenure is how long a connection is left alone before it has to make room for
// another client's.
const tenure = 100 * time.Millisecond

// connPlaces are the places for connections of a Limits.
type connPlaces struct {
	mu    sync.Mutex
	n     int           // places taken
	limit int           // places that there are, once somebody has asked
	conns []*connection // that are open, in the order in which they were
	turns []*pool       // who waits for a place, each once
	timer *time.Timer   // to look again for a connection that can go; nil if none is set
}

func (l *connPlaces) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// take takes a place for a connection of p if there is one. If not, and by is not
// nil, p waits for its turn, and is told to look when it has come; see pass.
func (l *connPlaces) take(p *pool, limit int, by *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = limit
	if l.n < limit && (len(l.turns) == 0 || l.turns[0] == p) {
		l.n++
		p.wantsNot(by)
		if l.withdraw(p); p.wanting > 0 {
			l.enter(p)
		}
		l.next() // there may be more than one
		return true
	}
	if by != nil {
		by.asked = true
		if p.sticky && !by.wants {
			by.wants = true
			p.wanting++
		}
		if !p.waits.Load() {
			l.enter(p)
		}
		l.makeRoom()
	}
	return false
}

// comes reports whether p gets a place without waiting for a call to end: one is
// free, or is that of a connection that ends. Otherwise it says why not.
func (l *connPlaces) comes(p *pool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	coming := l.limit - l.n
	for _, c := range l.conns {
		if phase := c.phase(); phase == dead || phase == retiring && c.load.Load() == 0 {
			coming++
		}
	}
	if i := slices.Index(l.turns, p); i < coming {
		return nil
	}
	return overloaded("MaxConns", l.limit, "connections are open")
}

// free gives a place back of which nothing came.
func (l *connPlaces) free() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n--
	l.next()
}

// pass is called when a call of p has looked and not asked for a place. If no other
// wants one, the turn is another pool's.
func (l *connPlaces) pass(p *pool, by *waiter) {
	if !p.waits.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(p, by)
}

// left is called when a call of p has left the line. Where all calls want the same
// the turn is that of the next one, which looks.
func (l *connPlaces) left(p *pool, by *waiter) {
	if !p.waits.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.sticky || p.line.empty() { // asked here: who enters now asks for a turn behind us
		l.drop(p, by)
	}
}

func (l *connPlaces) drop(p *pool, by *waiter) {
	if p.wantsNot(by); p.wanting == 0 {
		l.withdraw(p)
		l.next()
	}
}

// enter gives p a turn: behind all others, but who has no connection does not have
// to wait for those who have. Called with mu held.
func (l *connPlaces) enter(p *pool) {
	at := len(l.turns)
	if !l.connected(p) {
		if i := slices.IndexFunc(l.turns, l.connected); i >= 0 {
			at = i
		}
	}
	l.turns = slices.Insert(l.turns, at, p)
	p.waits.Store(true)
}

// connected reports whether p has a connection. Called with mu held.
func (l *connPlaces) connected(p *pool) bool {
	return slices.ContainsFunc(l.conns, func(c *connection) bool { return c.pool == p && c.phase() == open })
}

// withdraw takes the turn of p away, if it has one. Called with mu held.
func (l *connPlaces) withdraw(p *pool) {
	if i := slices.Index(l.turns, p); i >= 0 {
		l.turns = slices.Delete(l.turns, i, i+1)
		p.waits.Store(false)
	}
}

// wantsNot notes that a call of a sticky pool does not want a place, or has one now.
// Called with the mu of the places held.
func (p *pool) wantsNot(by *waiter) {
	if by != nil && by.wants {
		by.wants = false
		p.wanting--
	}
}

// next tells who waits first to look, if there is a place. Called with mu held.
func (l *connPlaces) next() {
	if len(l.turns) > 0 && l.n < l.limit {
		l.turns[0].look()
	}
}

// opened makes c one of those that may have to go.
func (l *connPlaces) opened(c *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, c)
}

// closed gives back the place of c, which has ended.
func (l *connPlaces) closed(c *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.conns, c); i >= 0 {
		l.conns = slices.Delete(l.conns, i, i+1)
	}
	l.n--
	l.next()
}

// makeRoom has connections end for those who wait, unless as many are about to.
// Called with mu held.
func (l *connPlaces) makeRoom() {
	coming := l.limit - l.n
	for _, c := range l.conns {
		// The calls of one that is set aside may take as long as they like.
		if c.phase() != open && !c.aside.Load() {
			coming++
		}
	}
	missing := false
	for i := coming; i < len(l.turns); i++ {
		if c := l.dispensable(time.Now(), l.turns[i]); c != nil {
			c.retire()
		} else {
			missing = true
		}
	}
	if missing && l.timer == nil {
		l.timer = time.AfterFunc(tenure, l.lookAgain)
	}
}

// dispensable returns the connection that can best go for one of p: one that has
// no calls and gets none now, or else one of a pool that has several, or else the
// one that is open longest. It is nil if all have been opened only now, or are
// p's own. Called with mu held.
func (l *connPlaces) dispensable(now time.Time, p *pool) *connection {
	several := make(map[*pool]int)
	for _, c := range l.conns {
		if c.phase() == open {
			several[c.pool]++
		}
	}
	var best *connection
	rank := 3
	for _, c := range l.conns {
		if c.phase() != open || now.Sub(c.opened) < tenure || c.pool == p && !p.sticky {
			continue
		}
		r := 2
		switch {
		case c.load.Load() == 0 && c.pool.line.empty():
			// Who has a connection and waits for a call's place is not idle.
			r = 0
		case several[c.pool] > 1:
			r = 1
		}
		if r < rank {
			best, rank = c, r
		}
	}
	return best
}

func (l *connPlaces) lookAgain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	l.makeRoom()
}
