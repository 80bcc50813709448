package thriftmux

import "encoding/binary"

// Keys of a Treq ("Mux, Treq and Rreq"). Unknown ones are skipped.
const (
	oldKeyTrace = 1 // span:8 parent:8 trace:8
	oldKeyFlags = 2 // one byte, bit 0: debug
)

// OldRequest is the body of a Treq, the older form of a call. A server must serve
// it; a client sends it only to a server that refuses Tdispatch. It is never fragmented.
type OldRequest struct {
	// Payload is one Thrift message without a frame length.
	Payload []byte

	keys  []byte
	nkeys byte
}

// ParseTreq reads the body of a Treq.
func ParseTreq(body []byte) (OldRequest, error) {
	r := reader{b: body, lim: Limits{Header: -1}}
	nkeys, err := r.byte("count of keys")
	if err != nil {
		return OldRequest{}, err
	}
	for range nkeys {
		if _, err = r.byte("key"); err != nil {
			return OldRequest{}, err
		}
		size, err := r.byte("value")
		if err != nil {
			return OldRequest{}, err
		}
		if _, err = r.take("value", int(size)); err != nil {
			return OldRequest{}, err
		}
	}
	return OldRequest{Payload: r.rest(), keys: body[1:r.pos:r.pos], nkeys: nkeys}, nil
}

// AppendTreq appends a body: the keys as they were read or as SetTrace made them.
// The payload comes last, so it may be left empty and appended by the caller.
func AppendTreq(dst []byte, q OldRequest) []byte {
	dst = append(append(dst, q.nkeys), q.keys...)
	return append(dst, q.Payload...)
}

// Trace gives the call's trace identity; ok is false without one. A key whose value
// has a wrong length is ignored. Of the flags a Treq has FlagDebug only.
func (q *OldRequest) Trace() (t Trace, ok bool) {
	var flags uint64
	for b := q.keys; len(b) > 0; {
		end := 2 + int(b[1])
		key, value := b[0], b[2:end]
		b = b[end:]
		switch {
		case key == oldKeyTrace && len(value) == 24:
			t.Span = binary.BigEndian.Uint64(value)
			t.Parent = binary.BigEndian.Uint64(value[8:])
			t.ID = binary.BigEndian.Uint64(value[16:])
			ok = true
		case key == oldKeyFlags && len(value) == 1:
			flags = uint64(value[0]) & FlagDebug
		}
	}
	t.Flags = flags
	return t, ok
}

// SetTrace replaces all keys by those that Finagle sends for t. The upper half of a
// wide trace id has no place here.
func (q *OldRequest) SetTrace(t Trace) {
	b := append(make([]byte, 0, 29), oldKeyTrace, 24)
	b = binary.BigEndian.AppendUint64(b, t.Span)
	b = binary.BigEndian.AppendUint64(b, t.Parent)
	b = binary.BigEndian.AppendUint64(b, t.ID)
	q.keys = append(b, oldKeyFlags, 1, byte(t.Flags&FlagDebug))
	q.nkeys = 2
}
