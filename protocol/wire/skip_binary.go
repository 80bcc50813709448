package wire

import "encoding/binary"

// Field types of the binary protocol (Thrift binary protocol, struct).
const (
	binStop   = 0
	binI32    = 8
	binString = 11
	binStruct = 12
	binMap    = 13
	binSet    = 14
	binList   = 15
)

const binFieldHeader = 3 // type and i16 id

var binarySizes = [...]valueSize{
	2:         {1, 1},   // bool
	3:         {1, 1},   // i8
	4:         {8, 8},   // double
	6:         {2, 2},   // i16
	binI32:    {4, 4},   //
	10:        {8, 8},   // i64
	binString: {0, 4},   // i32 length
	binStruct: {0, 1},   // stop
	binMap:    {0, 6},   // two types, i32 count
	binSet:    {0, 5},   // type, i32 count
	binList:   {0, 5},   // type, i32 count
	16:        {16, 16}, // uuid
}

func binaryType(t byte) valueSize {
	if int(t) < len(binarySizes) {
		return binarySizes[t]
	}
	return valueSize{}
}

func (s *Skipper) skipBinary(b []byte) error {
	for s.depth > 0 || s.pending != 0 {
		if s.pending != 0 {
			if ok, err := s.binaryValue(b); !ok {
				return err
			}
			continue
		}
		l := s.level(s.depth - 1)
		if l.kind != levelStruct {
			s.element(l)
			continue
		}
		if ok, err := s.binaryField(b); !ok {
			return err
		}
	}
	s.ended = true
	return nil
}

// binaryField steps over a field's header, or over the stop that ends a struct.
func (s *Skipper) binaryField(b []byte) (ok bool, err error) {
	if s.pos >= len(b) {
		return false, nil
	}
	t := b[s.pos]
	if t == binStop {
		s.pos++
		s.depth--
		return true, nil
	}
	if binaryType(t).least == 0 {
		return false, errFieldType(s.pos, t)
	}
	if len(b)-s.pos < binFieldHeader {
		return false, nil
	}
	s.pos += binFieldHeader
	s.pending = t
	return true, nil
}

// binaryValue steps over the pending value, or into it.
func (s *Skipper) binaryValue(b []byte) (ok bool, err error) {
	v := binaryType(s.pending)
	if v.fixed > 0 {
		s.pos += int(v.fixed)
		s.pending = 0
		return true, nil
	}
	if len(b)-s.pos < int(v.least) {
		return false, nil
	}
	switch s.pending {
	case binString:
		err = s.str(s.pos+4, binary.BigEndian.Uint32(b[s.pos:]))
	case binStruct:
		err = s.openStruct()
	case binMap:
		err = s.binaryMap(b)
	default:
		err = s.binaryList(b)
	}
	s.pending = 0
	return err == nil, err
}

func (s *Skipper) binaryList(b []byte) error {
	elem, n := b[s.pos], binary.BigEndian.Uint32(b[s.pos+1:])
	v := binaryType(elem)
	if n > 0 && v.least == 0 {
		return errFieldType(s.pos, elem)
	}
	return s.open(s.pos+5, n, v, level{kind: levelList, elem: elem, left: n})
}

func (s *Skipper) binaryMap(b []byte) error {
	key, elem, n := b[s.pos], b[s.pos+1], binary.BigEndian.Uint32(b[s.pos+2:])
	k, v := binaryType(key), binaryType(elem)
	switch {
	case n > 0 && k.least == 0:
		return errFieldType(s.pos, key)
	case n > 0 && v.least == 0:
		return errFieldType(s.pos+1, elem)
	}
	return s.open(s.pos+6, n, k.pair(v), level{kind: levelMap, key: key, elem: elem, left: 2 * n})
}
