package server

import "iter"

// tagTable holds the calls of a session by their tags. Clients take the lowest
// tag that is free, so most are small: those are an index, and only others are
// looked up. The zero tagTable is empty.
type tagTable struct {
	low  []*call // by tag, as far as there were any
	high map[uint32]*call
}

// maxLow is from where on tags are high, so that one of them costs little memory.
const maxLow = 1024

func (t *tagTable) get(tag uint32) *call {
	if tag < uint32(len(t.low)) {
		return t.low[tag]
	}
	return t.high[tag]
}

// set puts m in the place of what has the tag; nil leaves nothing there.
func (t *tagTable) set(tag uint32, m *call) {
	switch {
	case tag < uint32(len(t.low)):
		t.low[tag] = m
	case m == nil:
		delete(t.high, tag)
	case tag < maxLow:
		low := make([]*call, min(2*max(tag, 8), maxLow))
		copy(low, t.low)
		t.low = low
		t.low[tag] = m
	default:
		if t.high == nil {
			t.high = make(map[uint32]*call)
		}
		t.high[tag] = m
	}
}

// all yields the calls and their tags. The table may be changed meanwhile.
func (t *tagTable) all() iter.Seq2[uint32, *call] {
	return func(yield func(uint32, *call) bool) {
		for tag, m := range t.low {
			if m != nil && !yield(uint32(tag), m) {
				return
			}
		}
		for tag, m := range t.high {
			if !yield(tag, m) {
				return
			}
		}
	}
}
