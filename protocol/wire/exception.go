package wire

import (
	"encoding/binary"
)

// The fields of a TApplicationException (Thrift remote procedure call,
// response struct).
const (
	exceptionText = 1 // string
	exceptionCode = 2 // i32
)

// AppendException appends a whole message, of the type Exception, that holds a
// TApplicationException: code is its type, 0 to 11 in the Apache runtimes, and
// text its message. name is the method's without the service, and seqid the
// call's.
func AppendException[N ~string | ~[]byte](dst []byte, p Protocol, name N, seqid int32, code int32, text string) []byte {
	dst = AppendHeader(dst, p, Exception, name, seqid)
	dst = AppendExceptionBody(dst, p, code, text)
	return AppendEnd(dst, p)
}

// AppendExceptionBody appends the struct of a TApplicationException.
// For an unknown protocol nothing is appended.
func AppendExceptionBody(dst []byte, p Protocol, code int32, text string) []byte {
	switch p {
	case Binary:
		dst = append(dst, binString, 0, exceptionText)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
		dst = append(dst, text...)
		dst = append(dst, binI32, 0, exceptionCode)
		dst = binary.BigEndian.AppendUint32(dst, uint32(code))
		dst = append(dst, binStop)
	case Compact:
		dst = append(dst, exceptionText<<4|cmpBinary)
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
		dst = append(dst, (exceptionCode-exceptionText)<<4|cmpI32)
		dst = binary.AppendUvarint(dst, uint64(uint32(code)<<1^uint32(code>>31)))
		dst = append(dst, cmpStop)
	case JSON:
		dst = append(dst, `{"1":{"str":`...)
		dst = appendJSONString(dst, text)
		dst = append(dst, `},"2":{"i32":`...)
		dst = appendJSONInt(dst, code)
		dst = append(dst, `}}`...)
	}
	return dst
}

// ParseException reads the struct of a TApplicationException, given the
// complete body of a message of the type Exception. Fields may come in any
// order or be absent (0 and ""), unknown ones are skipped. The error is an
// [*Error]: [ErrTruncated] if body ends inside the struct, and of the kind
// [Trailing] if it goes on behind it.
func ParseException(p Protocol, body []byte) (code int32, text string, err error) {
	switch p {
	case Binary:
		return parseException(p, body, binString, binI32)
	case Compact:
		return parseException(p, body, cmpBinary, cmpI32)
	case JSON:
		return parseJSONException(body)
	}
	return 0, "", errProtocol(p)
}

func parseException(protocol Protocol, body []byte, stringType, i32Type byte) (code int32, text string, err error) {
	var s Skipper
	r := fieldReader{protocol: protocol, b: body}
	var raw []byte
	for {
		f, err := r.next()
		if err != nil {
			return 0, "", err
		}
		switch {
		case f.typ == 0:
			if err := restBehind(protocol, "the exception", body, r.pos); err != nil {
				return 0, "", err
			}
			return code, string(raw), nil
		case f.id == exceptionText && f.typ == stringType:
			raw, err = r.bytes()
		case f.id == exceptionCode && f.typ == i32Type:
			code, err = r.int32()
		default:
			err = r.skip(&s, f)
		}
		if err != nil {
			return 0, "", err
		}
	}
}
