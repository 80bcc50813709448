package wire

import "encoding/binary"

// FirstField returns the id of the first field in a complete struct, such as
// the body of a Reply. ok is false if the struct is empty or broken.
func FirstField(p Protocol, body []byte) (id int16, ok bool) {
	// Binary and compact as fieldReader does it, which takes longer to set up than
	// to read a field.
	switch p {
	case Binary:
		if len(body) < 3 || body[0] == binStop {
			return 0, false
		}
		return int16(binary.BigEndian.Uint16(body[1:])), true
	case Compact:
		if len(body) == 0 || body[0]&0xf == cmpStop {
			return 0, false
		}
		if delta := body[0] >> 4; delta > 0 {
			return int16(delta), true
		}
		u, next, err := uvarint32(body, 1, "field id")
		return int16(unzigzag(u)), next != 0 && err == nil
	case JSON:
		r := jsonFields{jsonText: jsonText{b: body}}
		id, more, err := r.next()
		return int16(id), err == nil && more
	}
	return 0, false
}

// Failed reports whether the body of a Reply holds a declared exception: a
// result struct whose first field is not 0, the returned value. A void method
// returns an empty struct, which has not failed.
func Failed(p Protocol, body []byte) bool {
	id, ok := FirstField(p, body)
	return ok && id != 0
}
