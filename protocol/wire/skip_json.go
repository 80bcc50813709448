package wire

// bracketsPerLevel is how many brackets one level of nesting takes in JSON at
// most: a struct's own and its field's, or a map's array and its object.
const bracketsPerLevel = 2

func (s *Skipper) skipJSON(b []byte) error {
	for s.pos < len(b) && !s.ended {
		if s.quoted {
			s.jsonString(b)
			continue
		}
		var err error
		switch c := b[s.pos]; {
		case c == '{' || c == '[' && s.depth > 0:
			err = s.openBracket(c)
		case s.depth == 0 && !jsonSpace(c):
			err = malformed(s.pos, int64(c), "JSON has %q, not '{',", c)
		case c == '}' || c == ']':
			err = s.closeBracket(c)
		case c == '"':
			s.quoted = true
		}
		if err != nil {
			return err
		}
		s.pos++
	}
	return nil
}

// jsonString steps over a string up to its closing quote, or as far as b goes.
func (s *Skipper) jsonString(b []byte) {
	for ; s.pos < len(b); s.pos++ {
		switch c := b[s.pos]; {
		case s.escaped:
			s.escaped = false
		case c == '\\':
			s.escaped = true
		case c == '"':
			s.quoted = false
			s.pos++
			return
		}
	}
}

// Of each open bracket one bit is kept, 32 to a level: set for a square one.
const bitsPerLevel = 32

func (s *Skipper) openBracket(c byte) error {
	if s.depth/bracketsPerLevel >= s.lim.Depth {
		return tooLarge("nesting depth", s.pos, int64(s.depth/bracketsPerLevel)+1, int64(s.lim.Depth))
	}
	i, bit := s.depth/bitsPerLevel, uint32(1)<<(s.depth%bitsPerLevel)
	if i >= len(s.levels)+len(s.deeper) {
		s.deeper = append(s.deeper, level{})
	}
	l := s.level(i)
	l.left &^= bit
	if c == '[' {
		l.left |= bit
	}
	s.depth++
	return nil
}

func (s *Skipper) closeBracket(c byte) error {
	s.depth--
	square := s.level(s.depth/bitsPerLevel).left>>(s.depth%bitsPerLevel)&1 == 1
	if square != (c == ']') {
		return malformed(s.pos, int64(c), "JSON has %q where another bracket is open,", c)
	}
	s.ended = s.depth == 0
	return nil
}
