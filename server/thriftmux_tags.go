package server

import "iter"

// tagTable holds the calls of a session by their tags. The calls that run at a
// time mostly have tags near each other, since clients take the lowest that is
// free or count up: a tag's place is told by its low bits, and only calls that
// find theirs taken are looked up. The zero tagTable is empty.
type tagTable struct {
	places []tagged // their number is a power of two
	taken  int      // of the places
	others map[uint32]*call
}

type tagged struct {
	tag  uint32
	call *call // nil: the place is free
}

// There are places for twice as many calls as have any, within these numbers.
const (
	minPlaces = 16
	maxPlaces = 1024
)

func (t *tagTable) place(tag uint32) *tagged { return &t.places[tag&uint32(len(t.places)-1)] }

func (t *tagTable) get(tag uint32) *call {
	if len(t.places) == 0 {
		return nil
	}
	if p := t.place(tag); p.tag == tag && p.call != nil {
		return p.call
	}
	return t.others[tag]
}

// add puts m into the table, which has no call with this tag.
func (t *tagTable) add(tag uint32, m *call) {
	if len(t.places) == 0 {
		t.grow(minPlaces)
	}
	p := t.place(tag)
	if n := len(t.places); p.call != nil && t.taken >= n/2 && n < maxPlaces {
		t.grow(2 * n)
		p = t.place(tag)
	}
	if p.call == nil {
		*p = tagged{tag, m}
		t.taken++
		return
	}
	if t.others == nil {
		t.others = make(map[uint32]*call)
	}
	t.others[tag] = m
}

// grow makes n places. Calls that had one each get one of their own again.
func (t *tagTable) grow(n int) {
	old := t.places
	t.places = make([]tagged, n)
	for _, p := range old {
		if p.call != nil {
			*t.place(p.tag) = p
		}
	}
}

// remove takes the call with this tag out, if there is one.
func (t *tagTable) remove(tag uint32) {
	if len(t.places) == 0 {
		return
	}
	if p := t.place(tag); p.tag == tag && p.call != nil {
		p.call = nil
		t.taken--
		return
	}
	delete(t.others, tag)
}

// all yields the calls and their tags. The table must not be changed meanwhile.
func (t *tagTable) all() iter.Seq2[uint32, *call] {
	return func(yield func(uint32, *call) bool) {
		for _, p := range t.places {
			if p.call != nil && !yield(p.tag, p.call) {
				return
			}
		}
		for tag, m := range t.others {
			if !yield(tag, m) {
				return
			}
		}
	}
}
