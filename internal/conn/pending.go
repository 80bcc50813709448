package conn

// State says what is known of an id.
type State uint8

// The states of an id.
const (
	Unknown   State = iota // not in use: never issued, or answered already
	Open                   // issued, and somebody waits
	Abandoned              // issued, and nobody waits any more
	Oneway                 // issued for a call that has no answer
	Owed                   // issued for a call whose answer nobody waits for from the start
)

// LastID is the greatest id that a table may give to calls that are answered. Those
// of oneways are above it, so that no id is negative where it is a signed number.
const LastID = 1<<30 - 1

// maxOneways is how many ids oneways have.
const maxOneways = 1 << 30

// minPending is how many slots a table begins with.
const minPending = 64

// Pending is a table of the ids under which calls are in flight. It gives out ids
// that no call in flight has, in turn from 1 to a greatest and then from 1 again,
// so that an id is not used again soon after its call. Oneways have ids of their
// own behind the greatest, in turn as well: it takes no memory to know that one was
// issued, however late it is answered. The table has no lock of its own; the mutex
// of its owner guards it. Make one with NewPending.
type Pending[T any] struct {
	slots []slot[T] // of an id, the one at the id's low bits; a power of two
	next  uint32    // the id to try next
	last  uint32    // the greatest, except for oneways
	open  int       // slots that are Open
	gone  int       // slots that are Abandoned
	owed  int       // slots that are Owed
	ways  uint32    // oneways that were issued, maxOneways at most
	way   uint32    // the place of the next one's id among those of oneways
}

type slot[T any] struct {
	value *T
	id    uint32
	state State
}

// NewPending returns a table that gives out the ids from 1 to last, which must be
// far more than there are ever calls in flight, and at most LastID.
func NewPending[T any](last uint32) Pending[T] {
	return Pending[T]{next: 1, last: last}
}

// Seek makes id the next one to be tried.
func (p *Pending[T]) Seek(id uint32) { p.next = id }

// Open returns the number of ids that somebody waits for.
func (p *Pending[T]) Open() int { return p.open }

// Abandoned returns the number of ids whose answer nobody waits for and that has
// not come.
func (p *Pending[T]) Abandoned() int { return p.gone }

// Owed returns the number of ids of AddOwed whose answer has not come.
func (p *Pending[T]) Owed() int { return p.owed }

// Add issues an id for v.
func (p *Pending[T]) Add(v *T) uint32 {
	s := p.vacant()
	s.value, s.state = v, Open
	p.open++
	return s.id
}

// AddOneway issues an id that needs no answer. Answers that come all the same are
// recognized for ever.
func (p *Pending[T]) AddOneway() uint32 {
	id := p.last + 1 + p.way
	p.way = (p.way + 1) % maxOneways
	p.ways = min(p.ways+1, maxOneways)
	return id
}

// AddOwed issues an id for a call that is answered, though nobody waits for that:
// it is in use until then.
func (p *Pending[T]) AddOwed() uint32 {
	s := p.vacant()
	s.state = Owed
	p.owed++
	return s.id
}

// InUse reports whether an answer to id would be one to a call that is answered.
func (p *Pending[T]) InUse(id uint32) bool { return p.find(id) != nil }

// Take ends the use of an id, and returns what stood under it: a value if the
// state was Open. The id of a oneway stays one.
func (p *Pending[T]) Take(id uint32) (*T, State) {
	if id > p.last && id-p.last <= p.ways {
		return nil, Oneway
	}
	s := p.find(id)
	if s == nil {
		return nil, Unknown
	}
	v, state := s.value, s.state
	switch state {
	case Open:
		p.open--
	case Abandoned:
		p.gone--
	case Owed:
		p.owed--
	}
	s.value, s.state = nil, Unknown
	return v, state
}

// Abandon keeps an id that was open in use, without its value, until its answer
// comes. It reports false if the id was not open.
func (p *Pending[T]) Abandon(id uint32) bool {
	s := p.find(id)
	if s == nil || s.state != Open {
		return false
	}
	s.value, s.state = nil, Abandoned
	p.open--
	p.gone++
	return true
}

// find returns the slot that id is in use in, or nil.
func (p *Pending[T]) find(id uint32) *slot[T] {
	if len(p.slots) == 0 {
		return nil
	}
	s := &p.slots[p.index(id)]
	if s.id != id || s.state == Unknown {
		return nil
	}
	return s
}

func (p *Pending[T]) index(id uint32) int { return int(id) & (len(p.slots) - 1) }

// vacant returns the slot of the next id whose place is free, with the id in it.
func (p *Pending[T]) vacant() *slot[T] {
	if 2*(p.open+p.gone+p.owed) >= len(p.slots) {
		p.grow()
	}
	for {
		id := p.next
		if p.next++; id == p.last {
			p.next = 1
		}
		s := &p.slots[p.index(id)]
		if s.state == Unknown {
			*s = slot[T]{id: id}
			return s
		}
	}
}

// grow doubles the slots. Ids whose low bits differ still do with one bit more.
func (p *Pending[T]) grow() {
	old := p.slots
	p.slots = make([]slot[T], max(2*len(old), minPending))
	for _, s := range old {
		if s.state != Unknown {
			p.slots[p.index(s.id)] = s
		}
	}
}
