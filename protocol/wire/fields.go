package wire

import "encoding/binary"

// fieldReader reads the fields of one complete struct, binary or compact.
type fieldReader struct {
	protocol Protocol
	b        []byte
	pos      int
	last     int16 // id of the field before: compact ids are differences
}

// field is a field's header; of the last one, the stop, typ is 0.
type field struct {
	id  int16
	typ byte // in the protocol's own numbers
	at  int
}

// next reads a field's header. The value, if it has bytes, comes next.
func (r *fieldReader) next() (field, error) {
	f := field{at: r.pos}
	if r.pos >= len(r.b) {
		return f, truncated("a struct", r.pos)
	}
	head := r.b[r.pos]
	r.pos++
	if head == binStop { // the same in both protocols
		return f, nil
	}
	var err error
	if r.protocol == Binary {
		f.typ = head
		f.id, err = r.binaryID()
	} else {
		f.typ = head & 0xf
		f.id, err = r.compactID(head >> 4)
	}
	r.last = f.id
	return f, err
}

func (r *fieldReader) binaryID() (int16, error) {
	if len(r.b)-r.pos < 2 {
		return 0, truncated("a field id", r.pos)
	}
	id := int16(binary.BigEndian.Uint16(r.b[r.pos:]))
	r.pos += 2
	return id, nil
}

func (r *fieldReader) compactID(delta byte) (int16, error) {
	if delta > 0 {
		return r.last + int16(delta), nil
	}
	u, err := r.varint("field id")
	return int16(unzigzag(u)), err
}

func (r *fieldReader) varint(what string) (uint32, error) {
	u, next, err := uvarint32(r.b, r.pos, what)
	if err != nil {
		return 0, err
	}
	if next == 0 {
		return 0, truncated("a "+what, r.pos)
	}
	r.pos = next
	return u, nil
}

// int32 reads the value of an i32.
func (r *fieldReader) int32() (int32, error) {
	if r.protocol == Compact {
		u, err := r.varint("i32")
		return unzigzag(u), err
	}
	if len(r.b)-r.pos < 4 {
		return 0, truncated("an i32", r.pos)
	}
	v := int32(binary.BigEndian.Uint32(r.b[r.pos:]))
	r.pos += 4
	return v, nil
}

// bytes reads the value of a string or binary, as a view.
func (r *fieldReader) bytes() ([]byte, error) {
	at := r.pos
	var n uint32
	var err error
	if r.protocol == Compact {
		n, err = r.varint("string length")
	} else {
		var signed int32
		signed, err = r.int32()
		n = uint32(signed)
	}
	if err != nil {
		return nil, err
	}
	if int64(n) > int64(len(r.b)-r.pos) {
		return nil, truncated("a string", at)
	}
	v := r.b[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return v, nil
}

// skip steps over the value of f.
func (r *fieldReader) skip(s *Skipper, f field) error {
	if r.protocol == Compact && (f.typ == cmpTrue || f.typ == cmpFalse) {
		return nil
	}
	size := binaryType(f.typ)
	if r.protocol == Compact {
		size = compactType(f.typ)
	}
	if size.least == 0 {
		return errFieldType(f.at, f.typ)
	}
	s.beginValue(r.protocol, wholeLimits, r.pos, f.typ)
	end, err := s.run(r.b)
	if err != nil {
		return err
	}
	if end == 0 {
		return truncated("a value", r.pos)
	}
	r.pos = end
	return nil
}

// wholeLimits are for input that is complete and was measured before.
var wholeLimits = Limits{Message: -1}.resolved()

func unzigzag(u uint32) int32 { return int32(u>>1) ^ -int32(u&1) }
