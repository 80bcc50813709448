package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// maxHead bounds the status line and the header of a response.
const maxHead = 16 << 10

// request is what stands before a message in a POST of HTTP/1.1, the length of the
// message included. Without a word about it the connection is kept.
func request(length int) []byte {
	b := []byte("POST / HTTP/1.1\r\nHost: load\r\nContent-Type: application/x-thrift\r\nContent-Length: ")
	return append(strconv.AppendInt(b, int64(length), 10), "\r\n\r\n"...)
}

var (
	headEnd      = []byte("\r\n\r\n")
	lineEnd      = []byte("\r\n")
	statusOK     = []byte("HTTP/1.1 200 ")
	lengthKey    = []byte("Content-Length")
	errNoLength  = errors.New("response without a Content-Length of at most 9 digits")
	errLargeHead = fmt.Errorf("response with a header over the limit of %d bytes", maxHead)
)

// openResponse returns the size of the response that b begins with, and its body.
// A size of 0 means that b ends within the response. Only one of status 200 and a
// known length can be read.
func openResponse(b []byte) (n int, message []byte, err error) {
	end := bytes.Index(b[:min(len(b), maxHead)], headEnd)
	switch {
	case end < 0 && len(b) >= maxHead:
		return 0, nil, errLargeHead
	case end < 0:
		return 0, nil, nil
	case !bytes.HasPrefix(b, statusOK):
		status, _, _ := bytes.Cut(b, lineEnd)
		return 0, nil, fmt.Errorf("response %q", status)
	}
	length, err := contentLength(b[:end])
	end += len(headEnd)
	if err != nil || len(b)-end < length {
		return 0, nil, err
	}
	return end + length, b[end : end+length], nil
}

// contentLength returns the length of the body that a head announces.
func contentLength(head []byte) (int, error) {
	for len(head) > 0 {
		var line []byte
		line, head, _ = bytes.Cut(head, lineEnd)
		key, value, _ := bytes.Cut(line, []byte{':'})
		if !bytes.EqualFold(key, lengthKey) {
			continue
		}
		value = bytes.TrimSpace(value)
		if n := digits(value[:min(len(value), 9)]); n > 0 && len(value) <= 9 {
			return int(n), nil
		}
		break
	}
	return 0, errNoLength
}
