package wire

import "math"

// valueSize tells the size in bytes of a field type's values: fixed if all have
// the same, else 0, and the least that one has. Zero: there is no such type.
type valueSize struct{ fixed, least int8 }

// pair is the size of a map's element, key and value.
func (k valueSize) pair(v valueSize) valueSize {
	p := valueSize{least: k.least + v.least}
	if k.fixed > 0 && v.fixed > 0 {
		p.fixed = p.least
	}
	return p
}

// str steps over a string of n bytes that begins at.
func (s *Skipper) str(at int, n uint32) error {
	if err := s.checkRoom("string length", at, n, 1); err != nil {
		return err
	}
	s.pos = at + int(n)
	return nil
}

// open steps into a container of n elements that begin at, or over it if their
// size is known.
func (s *Skipper) open(at int, n uint32, elem valueSize, l level) error {
	if err := s.checkDepth(); err != nil {
		return err
	}
	if err := s.checkRoom("element count", at, n, max(elem.least, 1)); err != nil {
		return err
	}
	s.pos = at
	switch {
	case n == 0:
	case elem.fixed > 0:
		s.pos += int(n) * int(elem.fixed)
	default:
		s.push(l)
	}
	return nil
}

// openStruct steps into a struct, before its first field.
func (s *Skipper) openStruct() error {
	if err := s.checkDepth(); err != nil {
		return err
	}
	s.push(level{kind: levelStruct})
	return nil
}

func (s *Skipper) checkDepth() error {
	if s.depth >= s.lim.Depth {
		return tooLarge("nesting depth", s.pos, int64(s.depth)+1, int64(s.lim.Depth))
	}
	return nil
}

// checkRoom refuses a length or count, read at s.pos, of n things of at least
// size bytes each that cannot fit behind the byte at within the limit.
func (s *Skipper) checkRoom(what string, at int, n uint32, size int8) error {
	if n > math.MaxInt32 {
		return malformed(s.pos, int64(int32(n)), "negative %s %d", what, int32(n))
	}
	room := max(int64(s.lim.Message)-int64(at), 0) / int64(size)
	if int64(n) > room {
		return tooLarge(what, s.pos, int64(n), room)
	}
	return nil
}

func errFieldType(offset int, t byte) error {
	return malformed(offset, int64(t), "unknown field type %d", t)
}
