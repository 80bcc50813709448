package wire

// Skipper finds the end of one struct in bytes that arrive piece by piece. It
// keeps its place between calls, so each byte is looked at once. Up to
// DefaultDepth levels it takes no memory besides its own half KiB; beyond, 8
// bytes a level that is really there. It must be Reset before the first use
// and belongs to one goroutine at a time.
type Skipper struct {
	protocol Protocol
	lim      Limits // resolved; Message counts from byte 0 of the input
	pos      int    // how far the input is understood; beyond its end while a string is awaited
	depth    int    // open structs and containers, in JSON open brackets
	pending  byte   // type of the value that comes next, 0: none
	ended    bool

	quoted, escaped bool // JSON: pos is in a string, behind a backslash

	levels [DefaultDepth]level
	deeper []level // the levels beyond
}

// level is an open struct or container.
type level struct {
	kind levelKind
	key  byte   // type of a map's keys
	elem byte   // type of the elements, or of a map's values
	left uint32 // elements that have not begun, a map's keys counted too; bits of brackets in JSON
}

type levelKind byte

const (
	levelStruct levelKind = iota
	levelList             // a set, too
	levelMap
)

// Reset makes s ready for a struct in protocol p. Of lim, Depth and Message
// are used, the latter as the limit of the struct's size.
func (s *Skipper) Reset(p Protocol, lim Limits) {
	s.begin(p, lim.resolved(), 0)
}

// begin is Reset for a struct that starts at b[at:] of the bytes given to run.
func (s *Skipper) begin(p Protocol, lim Limits, at int) {
	s.protocol, s.lim, s.pos = p, lim, at
	s.depth, s.pending = 0, 0
	s.ended, s.quoted, s.escaped = false, false, false
	s.deeper = s.deeper[:0]
	if p != JSON {
		s.depth = 1
		s.levels[0] = level{kind: levelStruct}
	}
}

// beginValue is begin for a bare value of the field type t; not for JSON.
func (s *Skipper) beginValue(p Protocol, lim Limits, at int, t byte) {
	s.begin(p, lim, at)
	s.depth, s.pending = 0, t
}

// Skip looks for the end of the struct. b holds all of its bytes from the first
// one on that have come so far: in each call the same content, perhaps
// elsewhere in memory, and as much more as there is; it may go on behind the
// struct. The outcomes are: n > 0, the size of the struct; n == 0 and no error:
// more bytes are needed; or an [*Error]. After a size or an error s must be
// Reset before it is used again.
//
// A string or container that claims more bytes or elements than the limit
// leaves room for fails at once; so do unknown types and too many levels.
// JSON is only held to its brackets and quotes, and as a level there takes up
// to two brackets, twice Depth of them may be open.
func (s *Skipper) Skip(b []byte) (n int, err error) { return s.run(b) }

func (s *Skipper) run(b []byte) (end int, err error) {
	in := b[:min(len(b), s.lim.Message)]
	switch s.protocol {
	case Binary:
		err = s.skipBinary(in)
	case Compact:
		err = s.skipCompact(in)
	case JSON:
		err = s.skipJSON(in)
	default:
		err = errProtocol(s.protocol)
	}
	switch {
	case err != nil:
		return 0, err
	case s.ended && s.pos <= len(in):
		return s.pos, nil
	case len(b) >= s.lim.Message || s.pos > s.lim.Message:
		return 0, errMessage(max(len(b), s.pos), s.lim.Message)
	}
	return 0, nil
}

func (s *Skipper) level(i int) *level {
	if i < len(s.levels) {
		return &s.levels[i]
	}
	return &s.deeper[i-len(s.levels)]
}

// push opens a level, for which checkDepth has been asked.
func (s *Skipper) push(l level) {
	if s.depth >= len(s.levels) {
		s.deeper = append(s.deeper[:s.depth-len(s.levels)], l)
	} else {
		s.levels[s.depth] = l
	}
	s.depth++
}

// element takes the next element of a list or map as the pending value, or
// closes the level if there is none.
func (s *Skipper) element(l *level) {
	if l.left == 0 {
		s.depth--
		return
	}
	s.pending = l.elem
	if l.kind == levelMap && l.left%2 == 0 {
		s.pending = l.key
	}
	l.left--
}
