package thriftmux

import "encoding/binary"

// Request is the body of a Tdispatch, a call ("Mux, Tdispatch and Rdispatch").
type Request struct {
	// Contexts travel with the call, see the keys of this package. Order has no
	// meaning. A server passes all of them on to the calls it makes for this one.
	Contexts Pairs
	// Dst is empty in all that ThriftMux clients send, else a path.
	Dst []byte
	// Dtab are the caller's own naming overrides, from a path to a name tree.
	Dtab Pairs
	// Payload is one Thrift message without a frame length.
	Payload []byte
}

// ParseTdispatch reads a body that is whole; of a fragmented message, what the
// Assembler gave.
func ParseTdispatch(body []byte, lim Limits) (Request, error) {
	r := reader{b: body, lim: lim}
	var q Request
	var err error
	if q.Contexts, err = r.pairs("contexts"); err != nil {
		return Request{}, err
	}
	if q.Dst, err = r.field("destination"); err != nil {
		return Request{}, err
	}
	if q.Dtab, err = r.pairs("naming overrides"); err != nil {
		return Request{}, err
	}
	q.Payload = r.rest()
	return q, nil
}

// SplitTdispatch is ParseTdispatch for servers that look at nothing but the
// contexts and the payload, which most do.
func SplitTdispatch(body []byte, lim Limits) (contexts Pairs, payload []byte, err error) {
	n, ctx, end := skipPairs(body, 0)
	dst := skipField(body, end)
	overrides, _, end2 := skipPairs(body, dst)
	if end2 < 0 || end2 > lim.header() || max(n, overrides) > lim.pairs() {
		q, err := ParseTdispatch(body, lim) // which tells what is wrong
		return q.Contexts, q.Payload, err
	}
	return Pairs{b: body[ctx:end:end], n: n}, body[end2:], nil
}

// AppendTdispatch appends a body; the payload comes last, so it may be left empty and
// appended by the caller. Dst is cut to MaxField bytes.
func AppendTdispatch(dst []byte, q Request) []byte {
	dst = q.Contexts.append(dst)
	path := q.Dst[:min(len(q.Dst), MaxField)]
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(path)))
	dst = append(dst, path...)
	dst = q.Dtab.append(dst)
	return append(dst, q.Payload...)
}
