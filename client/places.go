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
	conns []*connection // that are open, in the order in which they were
	turns []*pool       // who waits for a place, each once
	timer *time.Timer   // to look again for a connection that can go; nil if none is set
}

func (p *connPlaces) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// take takes a place for a connection of w if there is one. If not and want is
// set, w is poked when it can have one, unless it withdraws.
func (p *connPlaces) take(w *pool, limit int, want bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	turn := slices.Index(p.turns, w)
	if p.n < limit && (len(p.turns) == 0 || turn == 0) {
		if turn == 0 {
			p.turns = p.turns[1:]
		}
		p.n++
		return true
	}
	if want {
		if turn < 0 {
			p.turns = append(p.turns, w)
		}
		p.makeRoom()
	}
	return false
}

// free gives a place back.
func (p *connPlaces) free() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n--
	p.next()
}

// withdraw says that w waits for no place any more.
func (p *connPlaces) withdraw(w *pool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if turn := slices.Index(p.turns, w); turn >= 0 {
		p.turns = slices.Delete(p.turns, turn, turn+1)
		p.next()
	}
}

// next tells who waits first to look. Called with mu held.
func (p *connPlaces) next() {
	if len(p.turns) > 0 {
		p.turns[0].line.poke()
	}
}

// opened makes c one of those that may have to go.
func (p *connPlaces) opened(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
}

// closed forgets c. Its place is given back by free.
func (p *connPlaces) closed(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.conns, c); i >= 0 {
		p.conns = slices.Delete(p.conns, i, i+1)
	}
}

// makeRoom has connections end for those who wait, unless as many are about to.
// Called with mu held.
func (p *connPlaces) makeRoom() {
	wanted := len(p.turns)
	for _, c := range p.conns {
		if c.phase() != open {
			wanted--
		}
	}
	for ; wanted > 0; wanted-- {
		c := p.dispensable(time.Now())
		if c == nil {
			break
		}
		c.retire()
	}
	if wanted > 0 && p.timer == nil {
		p.timer = time.AfterFunc(tenure, p.lookAgain)
	}
}

// dispensable returns the connection that can best go: one that has no calls and
// gets none now, or else one of a pool that has several, or else the one that is
// open longest. It is nil if all have been opened only now, or are those of who
// waits. Called with mu held.
func (p *connPlaces) dispensable(now time.Time) *connection {
	several := make(map[*pool]int)
	for _, c := range p.conns {
		if c.phase() == open {
			several[c.pool]++
		}
	}
	first := p.turns[0]
	var best *connection
	rank := 3
	for _, c := range p.conns {
		if c.phase() != open || now.Sub(c.opened) < tenure || c.pool == first && !first.sticky {
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

func (p *connPlaces) lookAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = nil
	p.makeRoom()
}
