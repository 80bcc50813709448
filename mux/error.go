package mux

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"
)

// Error is the failure of a call. Code and Message go to the client; Err, the
// cause, goes to filters and logs alone. A nil *Error that was returned as an
// error is an internal error without a text.
type Error struct {
	Code    Code
	Message string // for the client; "" means the code's name
	Err     error  // may be nil
}

// Errorf returns an Error with a formatted message and no cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error returns the message and the cause.
func (e *Error) Error() string {
	switch {
	case e == nil:
		return "mux: a nil *Error was returned as an error"
	case e.Err == nil:
		return e.public()
	}
	return e.public() + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

func (e *Error) public() string {
	if e.Message == "" {
		return e.Code.String()
	}
	return e.Message
}

// PanicError is the failure of a call whose handler panicked. The client is told
// "internal error". It does not unwrap to a value that is an error: nobody wrote
// that as an answer.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // of the goroutine, as runtime/debug.Stack prints it
}

// Error names the value without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("mux: panic: %v", e.Value) }

// CodeOf returns the code that a client sees for err, which must not be nil.
func CodeOf(err error) Code {
	code, _ := Public(err)
	return code
}

// Public returns what a client is told of err: the code, and a text that holds
// nothing but what was written for clients. An [Error] and a
// thrift.TApplicationException speak for themselves, wrapped or not; the errors
// of package context become Canceled and DeadlineExceeded; all else is an
// internal error.
func Public(err error) (Code, string) {
	if e := (*Error)(nil); errors.As(err, &e) && e != nil {
		return e.Code, e.public()
	}
	if e := thrift.TApplicationException(nil); errors.As(err, &e) {
		return Code(e.TypeId()), e.Error()
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlineExceeded, DeadlineExceeded.String()
	case errors.Is(err, context.Canceled):
		return Canceled, Canceled.String()
	}
	return InternalError, InternalError.String()
}
