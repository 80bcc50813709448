package wire

import "math"

// jsonFields reads the fields of one complete struct. In JSON that is an object
// whose keys are field ids in quotes, and each value an object with a single
// member: the short name of the type, and the field's value.
type jsonFields struct {
	jsonText
	begun bool
}

// next steps to the value of the next field; more is false at the end.
func (r *jsonFields) next() (id int64, more bool, err error) {
	separator := byte('{')
	if r.begun {
		separator = ','
	}
	if r.begun && r.is('}') {
		return 0, false, r.need('}')
	}
	if err := r.need(separator); err != nil {
		return 0, false, err
	}
	if !r.begun && r.is('}') {
		return 0, false, r.need('}')
	}
	r.begun = true
	at := r.pos
	key, err := r.needString()
	if err != nil {
		return 0, false, err
	}
	if id = parseInt(key); id < math.MinInt16 || id > math.MaxInt16 {
		return 0, false, malformed(at, 0, "JSON field id is no 16-bit integer")
	}
	return id, true, r.need(':')
}

// text reads the value of a field; ok is false and it was skipped if its type
// is not "str".
func (r *jsonFields) text(s *Skipper) (text string, ok bool, err error) {
	if ok, err = r.value(s, "str"); !ok {
		return "", false, err
	}
	at := r.pos
	raw, err := r.needString()
	if err != nil {
		return "", false, err
	}
	unescaped, err := unescape(nil, raw)
	if err != nil {
		return "", false, malformed(at, 0, "unknown JSON escape in a string")
	}
	return string(unescaped), true, r.need('}')
}

// int32 reads the value of a field; ok is false and it was skipped if its type
// is not "i32".
func (r *jsonFields) int32(s *Skipper) (v int32, ok bool, err error) {
	if ok, err = r.value(s, "i32"); !ok {
		return 0, false, err
	}
	if v, ok, err = r.jsonText.int32(); !ok {
		return 0, false, r.complete(ok, err)
	}
	return v, true, r.need('}')
}

// value steps to what follows the type, or over all if that is another one.
func (r *jsonFields) value(s *Skipper, typ string) (ok bool, err error) {
	start := r.pos
	if err := r.need('{'); err != nil {
		return false, err
	}
	name, err := r.needString()
	if err != nil {
		return false, err
	}
	if string(name) == typ {
		return true, r.need(':')
	}
	r.pos = start
	return false, r.skip(s)
}

// skip steps over the value of a field.
func (r *jsonFields) skip(s *Skipper) error {
	s.begin(JSON, wholeLimits, r.pos)
	end, err := s.run(r.b)
	if err != nil || end == 0 {
		return r.complete(end != 0, err)
	}
	r.pos = end
	return nil
}

func (r *jsonFields) need(c byte) error { return r.complete(r.delim(c)) }

func (r *jsonFields) needString() ([]byte, error) {
	raw, _, ok, err := r.str("JSON string length", math.MaxInt32)
	return raw, r.complete(ok, err)
}

// complete makes a token that ends too early an error.
func (r *jsonFields) complete(ok bool, err error) error {
	if err == nil && !ok {
		err = truncated("a JSON struct", r.pos)
	}
	return err
}
