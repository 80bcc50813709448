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
	// NotRun says that the call was certainly not run. Filters, routers and forwarders
	// set it when they refuse a call instead of passing it on. In an error of a handler
	// that runs calls it means nothing; see [Request.NotRun].
	NotRun NotRun
}

// Errorf returns an Error with a formatted message and no cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Refusef returns an Error for a call that is refused instead of passed on, with a
// formatted message and no cause. n says whether it may be sent again.
func Refusef(n NotRun, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), NotRun: n}
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

// CallError is an error of a call that was made to another server: a client's own
// failure, or an exception that a stub has received. It is meant for the caller of
// that call, not for the clients of a handler that returns it: these are told of an
// internal error. Package client has such errors.
type CallError interface {
	error
	// CallCode says why the call failed.
	CallCode() Code
	// CallNotRun says whether the call was certainly not run.
	CallNotRun() NotRun
}

// CodeOf returns the code of err, which must not be nil: that of the first [Error],
// [CallError] or thrift.TApplicationException in it, DeadlineExceeded or Canceled
// for the errors of package context, and else InternalError. To a server's client
// [Public] tells less: nothing of errors that came from another server.
func CodeOf(err error) Code {
	switch e := speaker(err).(type) {
	case CallError:
		return e.CallCode()
	case thrift.TApplicationException:
		return Code(e.TypeId())
	}
	code, _ := Public(err)
	return code
}

// NotRunOf returns what err itself says of the call that failed with it: the first
// [Error] or [CallError] in it. Of a call that a server serves, [Request.NotRun]
// knows more.
func NotRunOf(err error) NotRun {
	switch e := speaker(err).(type) {
	case *Error:
		return e.NotRun
	case CallError:
		return e.CallNotRun()
	}
	return MayHaveRun
}

// Public returns what a client is told of err: the code, and a text that holds
// nothing but what was written for clients. An [Error] speaks for itself, wrapped or
// not; the errors of package context become Canceled and DeadlineExceeded; all else
// is an internal error, also what another server has answered.
func Public(err error) (Code, string) {
	switch e := speaker(err).(type) {
	case *Error:
		return e.Code, e.public()
	case nil:
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return DeadlineExceeded, DeadlineExceeded.String()
		case errors.Is(err, context.Canceled):
			return Canceled, Canceled.String()
		}
	}
	return InternalError, InternalError.String()
}

// speaker returns the first error in the tree of err that says why a call failed: an
// *Error, a CallError or a thrift.TApplicationException. It returns nil if there is
// none.
func speaker(err error) error {
	for err != nil {
		switch e := err.(type) {
		case *Error:
			if e == nil {
				return nil
			}
			return e
		case *unmarked:
			return e.spoken
		case CallError, thrift.TApplicationException:
			return e
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				if s := speaker(inner); s != nil {
					return s
				}
			}
			return nil
		}
		err = errors.Unwrap(err)
	}
	return nil
}

// unmarked is an error of a call that may have been run, around one that says that
// it was not.
type unmarked struct {
	err    error
	spoken *Error
}

// Unmarked returns err for a call that may have been run: err itself if it does not
// say anything else, and otherwise an error with the same code and texts around it.
func Unmarked(err error) error {
	e := NotRunOf(err)
	if e == MayHaveRun {
		return err
	}
	spoken := &Error{Code: CodeOf(err), Err: errors.Unwrap(err)}
	if own, ok := speaker(err).(*Error); ok {
		spoken.Message, spoken.Err = own.Message, own.Err
	}
	return &unmarked{err, spoken}
}

func (u *unmarked) Error() string { return u.err.Error() }

func (u *unmarked) Unwrap() error { return u.err }

// As makes errors.As find the Error that does not say that the call was not run.
func (u *unmarked) As(target any) bool {
	p, ok := target.(**Error)
	if ok {
		*p = u.spoken
	}
	return ok
}

// userError is what becomes of an error of user code: it never says that the call
// was not run, and what another server has said is not told to the client.
func userError(ctx context.Context, err error) error {
	switch e := speaker(err).(type) {
	case *Error:
		if e.NotRun != MayHaveRun {
			return Unmarked(err)
		}
	case CallError, thrift.TApplicationException:
		if why := ctx.Err(); why != nil && errors.Is(err, why) {
			return ended(ctx, err)
		}
		return &Error{Code: InternalError, Err: err}
	}
	return err
}
