package protocol_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/protocol"
)

// class is what is compared of errors. A bare error of the runtime gets the class that it has once it
// has gone through a server or a stub's NewTProtocolException.
func class(err error) string {
	if err == nil {
		return "none"
	}
	if _, ok := err.(thrift.TException); !ok {
		err = thrift.NewTProtocolException(err)
	}
	e, ok := err.(thrift.TProtocolException)
	if !ok {
		return fmt.Sprintf("%T", err)
	}
	return fmt.Sprintf("protocol exception %d (%d)", e.TypeId(), e.TExceptionType())
}

func wantClass(t *testing.T, err error, typeID int) {
	t.Helper()
	e, ok := err.(thrift.TProtocolException)
	if !ok || e.TypeId() != typeID {
		t.Errorf("error %v (%T), want a TProtocolException of type %d", err, err, typeID)
	}
}

// wantEnd wants the error for an input in which nothing is left.
func wantEnd(t *testing.T, err error) {
	t.Helper()
	wantClass(t, err, thrift.UNKNOWN_PROTOCOL_EXCEPTION)
	if !errors.Is(err, io.EOF) {
		t.Errorf("error %v, want one that wraps io.EOF", err)
	}
}

func TestErrors(t *testing.T) {
	skip := func(t thrift.TType) func(*testing.T, codec) error {
		return func(tt *testing.T, p codec) error { return p.Skip(tt.Context(), t) }
	}
	header := func(t *testing.T, p codec) error {
		_, _, _, err := p.ReadMessageBegin(t.Context())
		return err
	}
	list := func(t *testing.T, p codec) error {
		_, _, err := p.ReadListBegin(t.Context())
		return err
	}
	mapping := func(t *testing.T, p codec) error {
		_, _, _, err := p.ReadMapBegin(t.Context())
		return err
	}
	str := func(t *testing.T, p codec) error {
		_, err := p.ReadString(t.Context())
		return err
	}
	for _, tt := range []struct {
		name string
		f    format
		in   string
		read func(*testing.T, codec) error
		want int
		text string
	}{
		{"a binary version that is not 1", binaryFormat, "\x80\x02\x00\x01", header, thrift.BAD_VERSION, "80020001 at byte 0, want 80010000"},
		{"a compact message with a binary start", compactFormat, "\x80\x01\x00\x01", header, thrift.BAD_VERSION, "80 at byte 0, want 82"},
		{"a compact version that is not 1", compactFormat, "\x82\x22\x01\x00", header, thrift.BAD_VERSION, "version 2, want 1"},
		{"a negative string", binaryFormat, "\xff\xff\xff\xff", str, thrift.NEGATIVE_SIZE, "before byte 4 has the negative size -1"},
		{"a negative compact string", compactFormat, "\xff\xff\xff\xff\x0f", str, thrift.NEGATIVE_SIZE, "before byte 5 has the negative size -1"},
		{"a string longer than any message", binaryFormat, "\x7f\xff\xff\xff", str, thrift.SIZE_LIMIT, "2147483647 bytes at byte 4 is over the limit of 104857600"},
		{"a string longer than the rest", binaryFormat, "\x00\x00\x00\x02a", str, thrift.UNKNOWN_PROTOCOL_EXCEPTION, "string at byte 4 needs 2 bytes, 1 remain"},
		{"an old header with a long name", binaryFormat, "\x06\x40\x00\x01", header, thrift.SIZE_LIMIT, "104857601 bytes at byte 4"},
		{"a string as long as a message may be", binaryFormat, "\x06\x40\x00\x00", str, thrift.UNKNOWN_PROTOCOL_EXCEPTION, "string at byte 4 needs 104857600 bytes, 0 remain"},
		{"a negative list", binaryFormat, "\x02\xff\xff\xff\xfe", list, thrift.NEGATIVE_SIZE, "list before byte 5 has the negative size -2"},
		{"a list of more bools than bytes", binaryFormat, "\x02\x00\x00\x00\x02a", list, thrift.SIZE_LIMIT, "2 elements at byte 5 needs at least 2 bytes, 1 remain"},
		{"a list of more i64 than bytes", binaryFormat, "\x0a\x00\x00\x00\x02123456789012345", list, thrift.SIZE_LIMIT, "at least 16 bytes, 15 remain"},
		{"a map of more pairs than bytes", binaryFormat, "\x08\x0b\x00\x00\x00\x021234567890", mapping, thrift.SIZE_LIMIT, "at least 16 bytes, 10 remain"},
		{"a map whose least size overflows 32 bits", binaryFormat, "\x10\x10\x7f\xff\xff\xff", mapping, thrift.SIZE_LIMIT, "at least 68719476704 bytes"},
		{"lists that share too few bytes", binaryFormat, "\x0f\x00\x00\x00\x03\x03\x00\x00\x00\x0a0123456789", skip(thrift.LIST), thrift.SIZE_LIMIT, "list or set of 10 elements at byte 10 and those before it need at least 22 bytes, all are 20"},
		{"compact lists that share too few bytes", compactFormat, "\x39\xa30123456789", skip(thrift.LIST), thrift.SIZE_LIMIT, "10 elements at byte 2 and those before it need at least 13 bytes, all are 12"},
		{"a compact list of more bytes than there are", compactFormat, "\x33ab", list, thrift.SIZE_LIMIT, "3 elements at byte 1 needs at least 3 bytes, 2 remain"},
		{"a compact list of an unknown type", compactFormat, "\x1ea", list, thrift.UNKNOWN_PROTOCOL_EXCEPTION, "unknown compact type 14 before byte 1"},
		{"a compact field of an unknown type", compactFormat, "\x1f", skip(thrift.STRUCT), thrift.UNKNOWN_PROTOCOL_EXCEPTION, "unknown compact type 15"},
		{"a varint without an end", compactFormat, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", skip(thrift.I64), thrift.INVALID_DATA, "over the limit of 10 bytes"},
		{"a field of an unknown type", binaryFormat, "\x05\x00\x01", skip(thrift.STRUCT), thrift.INVALID_DATA, "unknown type 5 of the value at byte 3"},
		{"a list of an unknown type", binaryFormat, "\x11\x00\x00\x00\x01a", skip(thrift.LIST), thrift.INVALID_DATA, "unknown type 17"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.f.codec(0)
			p.Reset([]byte(tt.in), nil)
			err := tt.read(t, p)
			wantClass(t, err, tt.want)
			if err != nil && (!strings.Contains(err.Error(), tt.text) || !strings.HasPrefix(err.Error(), "protocol: ")) {
				t.Errorf("error %q, want it to hold %q", err, tt.text)
			}
		})
	}
}

// TestCountsOverTheWire wants an error for a count that would be another number on the wire.
// There is none where an int has 32 bits itself.
func TestCountsOverTheWire(t *testing.T) {
	size := math.MaxInt32
	if size++; size < 0 {
		return
	}
	for _, f := range formats {
		p := f.codec(0)
		p.Reset(nil, nil)
		for _, err := range []error{
			p.WriteListBegin(t.Context(), thrift.BYTE, size),
			p.WriteSetBegin(t.Context(), thrift.BYTE, size),
			p.WriteMapBegin(t.Context(), thrift.BYTE, thrift.BYTE, size),
		} {
			wantClass(t, err, thrift.SIZE_LIMIT)
		}
		if len(p.Out()) != 0 {
			t.Errorf("%s: wrote %x", f.name, p.Out())
		}
	}
}

// TestStructsEndedTooOften wants the runtime's error from the compact protocol, which has to know.
func TestStructsEndedTooOften(t *testing.T) {
	var p protocol.Compact
	p.Reset(nil, nil)
	wantClass(t, p.ReadStructEnd(t.Context()), thrift.INVALID_DATA)
	wantClass(t, p.WriteStructEnd(t.Context()), thrift.INVALID_DATA)
}

// TestCutInput cuts messages at every byte: reading and skipping must fail at each.
func TestCutInput(t *testing.T) {
	for _, v := range loadVectors(t) {
		whole := v.bytes(t)
		for n := range whole {
			p := v.format().codec(0)
			p.Reset(whole[:n:n], nil)
			_, _, _, err := p.ReadMessageBegin(t.Context())
			if err == nil {
				_, err = readValue(t.Context(), p, thrift.STRUCT)
			}
			wantCut(t, v, n, err)

			p.Reset(whole[:n:n], nil)
			if _, _, _, err = p.ReadMessageBegin(t.Context()); err == nil {
				err = p.Skip(t.Context(), thrift.STRUCT)
			}
			wantCut(t, v, n, err)
		}
	}
}

func wantCut(t *testing.T, v vector, n int, err error) {
	t.Helper()
	wantClass(t, err, thrift.UNKNOWN_PROTOCOL_EXCEPTION)
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%s/%s cut at %d: %v, want an end of input", v.Protocol, v.Name, n, err)
	}
}
