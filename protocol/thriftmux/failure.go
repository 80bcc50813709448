package thriftmux

import "encoding/binary"

// FailureKey is the response context that says more about a failed call.
const FailureKey = "MuxFailure"

// Failure is a set of flags: the first 8 bytes of the FailureKey context ("Mux,
// response context MuxFailure"). Unknown bits are kept and mean nothing.
type Failure uint64

// The flags. Retryable and NonRetryable together are a fault of the sender: see
// Failure.Resend.
const (
	Retryable    Failure = 1 << 0 // safe to send again
	Rejected     Failure = 1 << 1 // not attempted
	NonRetryable Failure = 1 << 2 // must not be sent again
)

// ParseFailure reads the value of a FailureKey context; ok is false if it is
// shorter than 8 bytes.
func ParseFailure(value []byte) (f Failure, ok bool) {
	if len(value) < 8 {
		return 0, false
	}
	return Failure(binary.BigEndian.Uint64(value)), true
}

// Append appends the value of a FailureKey context.
func (f Failure) Append(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, uint64(f)) }

// Failure gives the flags of an answer: those it carries, else Retryable and
// Rejected for a NACK, else none.
func (s *Response) Failure() Failure {
	if value, ok := s.Contexts.Get(FailureKey); ok {
		if f, ok := ParseFailure(value); ok {
			return f
		}
	}
	if s.Status == StatusNack {
		return Retryable | Rejected
	}
	return 0
}

// Resend reports whether the server said that the call may be sent again: it did
// not run it. This is what Finagle's client goes by: a NACK that is retryable,
// or an error that is both retryable and rejected.
func (s *Response) Resend() bool {
	f := s.Failure()
	if f&Retryable == 0 || f&NonRetryable != 0 {
		return false
	}
	return s.Status == StatusNack || s.Status == StatusError && f&Rejected != 0
}

// CodeKey is a response context of this project's: the type of the
// TApplicationException that a call was refused with, where a NACK stands in its
// place. Finagle's clients pass over contexts that they do not know.
const CodeKey = "oneport.Code"

// AppendCode appends the value of a CodeKey context.
func AppendCode(dst []byte, code int32) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(code))
}

// Code returns what the CodeKey context says; ok is false if there is none of 4
// bytes.
func (s *Response) Code() (code int32, ok bool) {
	value, ok := s.Contexts.Get(CodeKey)
	if !ok || len(value) != 4 {
		return 0, false
	}
	return int32(binary.BigEndian.Uint32(value)), true
}
