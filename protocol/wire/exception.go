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

// exceptionNotRun is the id of a field of our own, an i32 that holds a [NotRun].
// Thrift's struct has the fields 1 and 2 and will hardly get thousands more. Runtimes
// skip fields that they do not know; Apache's for Perl takes every id with a digit 1 or
// 2 in it for one of those two, so this one has neither.
const exceptionNotRun = 3000

// NotRun says of a call that failed whether the server is certain that it did not
// run it. A server that says nothing may have run the call. Other values than the
// three below mean the same as MayHaveRun.
type NotRun uint8

const (
	// MayHaveRun: the call was run, or it may have been.
	MayHaveRun NotRun = 0
	// SendAgain: the call was certainly not run, and may succeed if it is sent
	// again.
	SendAgain NotRun = 1
	// DoNotSendAgain: the call was certainly not run, and is not to be sent
	// again: it would be refused again, or has been sent often enough.
	DoNotSendAgain NotRun = 2
)

// String returns "may have run", "not run, send again" or "not run, do not send
// again".
func (n NotRun) String() string {
	switch n {
	case SendAgain:
		return "not run, send again"
	case DoNotSendAgain:
		return "not run, do not send again"
	}
	return "may have run"
}

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
	return AppendMarkedException(dst, p, code, text, MayHaveRun)
}

// AppendMarkedException appends the struct of a TApplicationException with a field
// that says whether the call was run. Without one, for MayHaveRun, the bytes are
// those that every runtime writes.
func AppendMarkedException(dst []byte, p Protocol, code int32, text string, n NotRun) []byte {
	marked := n == SendAgain || n == DoNotSendAgain
	switch p {
	case Binary:
		dst = append(dst, binString, 0, exceptionText)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
		dst = append(dst, text...)
		dst = append(dst, binI32, 0, exceptionCode)
		dst = binary.BigEndian.AppendUint32(dst, uint32(code))
		if marked {
			dst = append(dst, binI32, exceptionNotRun>>8, exceptionNotRun&0xff)
			dst = binary.BigEndian.AppendUint32(dst, uint32(n))
		}
		dst = append(dst, binStop)
	case Compact:
		dst = append(dst, exceptionText<<4|cmpBinary)
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
		dst = append(dst, (exceptionCode-exceptionText)<<4|cmpI32)
		dst = binary.AppendUvarint(dst, uint64(uint32(code)<<1^uint32(code>>31)))
		if marked {
			dst = append(dst, cmpI32) // too far from the last id for a difference
			dst = binary.AppendUvarint(dst, exceptionNotRun<<1)
			dst = binary.AppendUvarint(dst, uint64(n)<<1)
		}
		dst = append(dst, cmpStop)
	case JSON:
		dst = append(dst, `{"1":{"str":`...)
		dst = appendJSONString(dst, text)
		dst = append(dst, `},"2":{"i32":`...)
		dst = appendJSONInt(dst, code)
		if marked {
			dst = append(dst, `},"`...)
			dst = appendJSONInt(dst, int32(exceptionNotRun))
			dst = append(dst, `":{"i32":`...)
			dst = appendJSONInt(dst, int32(n))
		}
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
	code, text, _, err = ParseMarkedException(p, body)
	return code, text, err
}

// ParseMarkedException is ParseException, and also reads the field that says
// whether the call was run: MayHaveRun if it is absent or holds any other value
// than [AppendMarkedException] writes. If it is there more than once, the last one
// counts.
func ParseMarkedException(p Protocol, body []byte) (code int32, text string, n NotRun, err error) {
	var e exception
	switch p {
	case Binary:
		err = e.parse(p, body, binString, binI32)
	case Compact:
		err = e.parse(p, body, cmpBinary, cmpI32)
	case JSON:
		err = e.parseJSON(body)
	default:
		err = errProtocol(p)
	}
	if err != nil {
		return 0, "", MayHaveRun, err
	}
	if m := e.notRun; m == int32(SendAgain) || m == int32(DoNotSendAgain) {
		n = NotRun(m)
	}
	return e.code, e.text, n, nil
}

// exception holds the fields of a TApplicationException.
type exception struct {
	code, notRun int32
	text         string
}

func (e *exception) parse(protocol Protocol, body []byte, stringType, i32Type byte) error {
	var s Skipper
	r := fieldReader{protocol: protocol, b: body}
	var raw []byte
	for {
		f, err := r.next()
		if err != nil {
			return err
		}
		switch {
		case f.typ == 0:
			e.text = string(raw)
			return restBehind(protocol, "the exception", body, r.pos)
		case f.id == exceptionText && f.typ == stringType:
			raw, err = r.bytes()
		case f.id == exceptionCode && f.typ == i32Type:
			e.code, err = r.int32()
		case f.id == exceptionNotRun && f.typ == i32Type:
			e.notRun, err = r.int32()
		default:
			err = r.skip(&s, f)
		}
		if err != nil {
			return err
		}
	}
}
