package thriftmux

// Status is the outcome of a call.
type Status byte

// The statuses. Any other fails the call that it answers, not the session.
const (
	StatusOK    Status = 0 // the payload is a Thrift REPLY or EXCEPTION message
	StatusError Status = 1 // the call failed below Thrift; the payload is a text
	StatusNack  Status = 2 // the server did not attempt the call; no payload, or a text
)

// Response is the body of an Rdispatch or an Rreq, the answer to a call.
type Response struct {
	Status Status
	// Contexts are the server's; an Rreq has none.
	Contexts Pairs
	// Payload is what Status says.
	Payload []byte
}

// ParseRdispatch reads a body that is whole; of a fragmented message, what the
// Assembler gave.
func ParseRdispatch(body []byte, lim Limits) (Response, error) {
	r := reader{b: body, lim: lim}
	status, err := r.byte("status")
	if err != nil {
		return Response{}, err
	}
	contexts, err := r.pairs("contexts")
	if err != nil {
		return Response{}, err
	}
	return Response{Status: Status(status), Contexts: contexts, Payload: r.rest()}, nil
}

// AppendRdispatch appends a body; the payload comes last, so it may be left empty and
// appended by the caller.
func AppendRdispatch(dst []byte, s Response) []byte {
	dst = s.Contexts.append(append(dst, byte(s.Status)))
	return append(dst, s.Payload...)
}

// ParseRreq reads the answer to a Treq.
func ParseRreq(body []byte) (Response, error) {
	if len(body) == 0 {
		return Response{}, truncated("status", 0)
	}
	return Response{Status: Status(body[0]), Payload: body[1:]}, nil
}

// AppendRreq appends the body of an answer to a Treq; Contexts are left out.
func AppendRreq(dst []byte, s Response) []byte {
	return append(append(dst, byte(s.Status)), s.Payload...)
}
