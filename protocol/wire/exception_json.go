package wire

func parseJSONException(body []byte) (code int32, text string, err error) {
	var s Skipper
	r := jsonFields{jsonText: jsonText{b: body}}
	for {
		id, more, err := r.next()
		switch {
		case err != nil:
			return 0, "", err
		case !more:
			if err := restBehind(JSON, "the exception", body, r.pos); err != nil {
				return 0, "", err
			}
			return code, text, nil
		case id == exceptionText:
			var v string
			var ok bool
			if v, ok, err = r.text(&s); ok {
				text = v
			}
		case id == exceptionCode:
			var v int32
			var ok bool
			if v, ok, err = r.int32(&s); ok {
				code = v
			}
		default:
			err = r.skip(&s)
		}
		if err != nil {
			return 0, "", err
		}
	}
}
