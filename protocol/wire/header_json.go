package wire

// A JSON header is the first part of an array, all of it but the struct and
// the closing bracket: [1,"name",type,seqid,
const jsonVersion = 1

func parseJSONHeader(b []byte, maxName int) (Header, int, error) {
	// White space would let a header grow without an end. A byte of the name may
	// be an escape of 6.
	limit := 6*min(maxName, noLimit/6-64) + 64
	in := b[:min(len(b), limit)]
	h, nameAt, err := jsonHeader(&jsonText{b: in}, maxName)
	if err == nil && h.Size == 0 && len(b) >= limit {
		err = tooLarge("JSON header length", 0, int64(len(b)), int64(limit))
	}
	return h, nameAt, err
}

func jsonHeader(t *jsonText, maxName int) (h Header, nameAt int, err error) {
	if ok, err := t.delim('['); !ok {
		return Header{}, 0, err
	}
	version, ok, err := jsonElement(t)
	if !ok {
		return Header{}, 0, err
	}
	if version != jsonVersion {
		return Header{}, 0, malformed(1, int64(version), "JSON protocol version %d, not 1,", version)
	}
	name, escaped, ok, err := t.str("name length", maxName)
	if !ok {
		return Header{}, 0, err
	}
	nameAt = t.pos - 1 - len(name)
	if escaped {
		if name, err = unescapeName(name, nameAt, maxName); err != nil {
			return Header{}, 0, err
		}
		nameAt = -1
	}
	if ok, err := t.delim(','); !ok {
		return Header{}, 0, err
	}
	typeAt := t.pos
	typ, ok, err := jsonElement(t)
	if !ok {
		return Header{}, 0, err
	}
	if typ < int32(Call) || typ > int32(Oneway) {
		return Header{}, 0, malformed(typeAt, int64(typ), "unknown message type %d", typ)
	}
	seqid, ok, err := jsonElement(t)
	if !ok {
		return Header{}, 0, err
	}
	return Header{Protocol: JSON, Type: Type(typ), SeqID: seqid, Name: name, Size: t.pos}, nameAt, nil
}

// jsonElement reads a number and the comma behind it.
func jsonElement(t *jsonText) (v int32, ok bool, err error) {
	if v, ok, err = t.int32(); !ok {
		return 0, false, err
	}
	ok, err = t.delim(',')
	return v, ok, err
}

func unescapeName(raw []byte, at, maxName int) ([]byte, error) {
	name, err := unescape(make([]byte, 0, len(raw)), raw)
	if err != nil {
		return nil, malformed(at, 0, "unknown JSON escape in a name")
	}
	if len(name) > maxName {
		return nil, errNameLength(at, int64(len(name)), maxName)
	}
	return name, nil
}

func appendJSONHeader[N ~string | ~[]byte](dst []byte, t Type, name N, seqid int32) []byte {
	dst = append(dst, '[', '0'+jsonVersion, ',')
	dst = appendJSONString(dst, name)
	dst = append(dst, ',', '0'+byte(t), ',')
	dst = appendJSONInt(dst, seqid)
	return append(dst, ',')
}
