package wire

func (e *exception) parseJSON(body []byte) error {
	var s Skipper
	r := jsonFields{jsonText: jsonText{b: body}}
	for {
		id, more, err := r.next()
		switch {
		case err != nil:
			return err
		case !more:
			return restBehind(JSON, "the exception", body, r.pos)
		case id == exceptionText:
			var v string
			var ok bool
			if v, ok, err = r.text(&s); ok {
				e.text = v
			}
		case id == exceptionCode:
			err = r.i32(&s, &e.code)
		case id == exceptionNotRun:
			err = r.i32(&s, &e.notRun)
		default:
			err = r.skip(&s)
		}
		if err != nil {
			return err
		}
	}
}

// i32 reads the value of a field into dst, or skips it if it is no i32.
func (r *jsonFields) i32(s *Skipper, dst *int32) error {
	v, ok, err := r.int32(s)
	if ok {
		*dst = v
	}
	return err
}
