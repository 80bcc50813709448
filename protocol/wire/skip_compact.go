package wire

import "encoding/binary"

// Field types of the compact protocol (Thrift compact protocol, struct).
const (
	cmpStop   = 0
	cmpTrue   = 1
	cmpFalse  = 2
	cmpI16    = 4
	cmpI32    = 5
	cmpI64    = 6
	cmpBinary = 8
	cmpList   = 9
	cmpSet    = 10
	cmpMap    = 11
	cmpStruct = 12
)

// cmpLongSize in the size nibble of a list says that a varint follows.
const cmpLongSize = 15

// The bools have a byte as elements; as fields their value is in the type.
var compactSizes = [...]valueSize{
	cmpTrue:   {1, 1},
	cmpFalse:  {1, 1},
	3:         {1, 1}, // i8
	cmpI16:    {0, 1}, // varint
	cmpI32:    {0, 1}, // varint
	cmpI64:    {0, 1}, // varint
	7:         {8, 8}, // double
	cmpBinary: {0, 1}, // varint length
	cmpList:   {0, 1}, // size and type, perhaps varint size
	cmpSet:    {0, 1}, // as list
	cmpMap:    {0, 1}, // varint size; if not 0, types
	cmpStruct: {0, 1}, // stop
	13:        {16, 16},
}

func compactType(t byte) valueSize {
	if int(t) < len(compactSizes) {
		return compactSizes[t]
	}
	return valueSize{}
}

func (s *Skipper) skipCompact(b []byte) error {
	for s.depth > 0 || s.pending != 0 {
		if s.pending != 0 {
			if ok, err := s.compactValue(b); !ok {
				return err
			}
			continue
		}
		l := s.level(s.depth - 1)
		if l.kind != levelStruct {
			s.element(l)
			continue
		}
		if ok, err := s.compactField(b); !ok {
			return err
		}
	}
	s.ended = true
	return nil
}

// compactField steps over a field's header, or over the stop that ends a struct.
func (s *Skipper) compactField(b []byte) (ok bool, err error) {
	if s.pos >= len(b) {
		return false, nil
	}
	head := b[s.pos]
	if head == cmpStop {
		s.pos++
		s.depth--
		return true, nil
	}
	t := head & 0xf
	if compactType(t).least == 0 {
		return false, errFieldType(s.pos, t)
	}
	next := s.pos + 1
	if head>>4 == 0 {
		// The long form: the field's id is a varint of its own.
		if _, next, err = uvarint32(b, next, "field id"); next == 0 {
			return false, err
		}
	}
	s.pos = next
	if t != cmpTrue && t != cmpFalse {
		s.pending = t
	}
	return true, nil
}

// compactValue steps over the pending value, or into it.
func (s *Skipper) compactValue(b []byte) (ok bool, err error) {
	if fixed := compactType(s.pending).fixed; fixed > 0 {
		s.pos += int(fixed)
		s.pending = 0
		return true, nil
	}
	if s.pos >= len(b) {
		return false, nil
	}
	switch s.pending {
	case cmpI16, cmpI32, cmpI64:
		ok, err = s.compactVarint(b)
	case cmpBinary:
		ok, err = s.compactString(b)
	case cmpStruct:
		err = s.openStruct()
		ok = err == nil
	case cmpMap:
		ok, err = s.compactMap(b)
	default:
		ok, err = s.compactList(b)
	}
	if ok {
		s.pending = 0
	}
	return ok, err
}

func (s *Skipper) compactVarint(b []byte) (ok bool, err error) {
	_, n := binary.Uvarint(b[s.pos:])
	if n < 0 {
		return false, malformed(s.pos, 0, "varint of more than 64 bits")
	}
	s.pos += n
	return n > 0, nil
}

func (s *Skipper) compactString(b []byte) (ok bool, err error) {
	n, at, err := uvarint32(b, s.pos, "string length")
	if at == 0 {
		return false, err
	}
	err = s.str(at, n)
	return err == nil, err
}

func (s *Skipper) compactList(b []byte) (ok bool, err error) {
	elem, n, at := b[s.pos]&0xf, uint32(b[s.pos]>>4), s.pos+1
	if n == cmpLongSize {
		if n, at, err = uvarint32(b, at, "element count"); at == 0 {
			return false, err
		}
	}
	v := compactType(elem)
	if n > 0 && v.least == 0 {
		return false, errFieldType(s.pos, elem)
	}
	err = s.open(at, n, v, level{kind: levelList, elem: elem, left: n})
	return err == nil, err
}

func (s *Skipper) compactMap(b []byte) (ok bool, err error) {
	n, at, err := uvarint32(b, s.pos, "element count")
	if at == 0 {
		return false, err
	}
	if n == 0 {
		err = s.open(at, 0, valueSize{}, level{})
		return err == nil, err
	}
	if at >= len(b) {
		return false, nil
	}
	key, elem := b[at]>>4, b[at]&0xf
	k, v := compactType(key), compactType(elem)
	switch {
	case k.least == 0:
		return false, errFieldType(at, key)
	case v.least == 0:
		return false, errFieldType(at, elem)
	}
	err = s.open(at+1, n, k.pair(v), level{kind: levelMap, key: key, elem: elem, left: 2 * n})
	return err == nil, err
}
