package client

import (
	"errors"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
)

// ErrClosed is what an [Error] wraps when the client has been closed. The call was
// not run; there is no use in trying again.
var ErrClosed = errors.New("client: closed")

// Error is a call's failure on the client's side of the wire. What happened and
// what to do about it depends on the code:
//
//   - mux.Unavailable: no endpoint could take the call: none is known, none could
//     be connected to, or the client is closed ([ErrClosed]). It was not run. The
//     client has tried already until the call's context or the attempts were used
//     up: try again later, or elsewhere.
//   - mux.Overloaded: a bound of [Limits] was reached and the call was not run.
//     Try again after a pause, with fewer calls at a time, or raise the bound.
//   - mux.DeadlineExceeded, mux.Canceled: the call's context ended. errors.Is
//     finds the context's error and its cause. The server may run the call or
//     have run it, unless NotRun is set. A server that answers DeadlineExceeded to
//     a call whose context has a deadline has noticed before the client: that is
//     the same error, and errors.Is finds context.DeadlineExceeded.
//   - mux.InternalError: the connection was lost after the call was sent, or the
//     server sent what is no reply to it. The server may have run it. Try again
//     only if running the call twice does no harm. With NotRun it is a mistake in
//     the client's fields, which Err names.
//   - mux.WrongMethodName: the reply with the call's id was under the name of another
//     method, so that it may be the reply to another call. The server may have run
//     it. Other calls of the connection fail with mux.InternalError, except on
//     ThriftMux, where each reply stands in a frame of its own.
//   - mux.ProtocolError: the arguments could not be encoded (NotRun is set), or
//     the reply not decoded: then the call was run.
//   - mux.InvalidProtocol: a forwarded call in a protocol that the client does
//     not speak to servers. It was not run and never will be.
//
// A client that is used as a handler returns the same errors; what of them goes
// to another client is the code and a text that names no address.
type Error struct {
	// Code is one of those above.
	Code mux.Code
	// Service and Method name the call, as the client's filters left them.
	Service, Method string
	// Addr is the endpoint's address, "" if none was picked.
	Addr string
	// NotRun says that the server certainly did not run the call and will not.
	NotRun bool
	// Err is the cause. It is never nil.
	Err error
}

// Error tells the call, the endpoint, whether it may have been run, and the cause.
func (e *Error) Error() string {
	text := "client: "
	if e.Method != "" {
		text += e.name() + ": "
	}
	if e.Addr != "" {
		text += e.Addr + ": "
	}
	text += e.Err.Error()
	if e.NotRun {
		return text + " (the call was not run)"
	}
	return text + " (the call may have been run)"
}

func (e *Error) name() string {
	if e.Service == "" {
		return e.Method
	}
	return e.Service + ":" + e.Method
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// As makes errors.As find a *mux.Error of the same code, whose text is for
// clients of a server that forwards calls.
func (e *Error) As(target any) bool {
	p, ok := target.(**mux.Error)
	if ok {
		*p = &mux.Error{Code: e.Code, Message: publicText(e), Err: e.Err}
	}
	return ok
}

func publicText(e *Error) string {
	switch {
	case e.Code == mux.InternalError && !e.NotRun:
		return "the connection to the server was lost; the call may have been run"
	case e.Code == mux.WrongMethodName:
		return "the server sent the reply of another method; the call may have been run"
	case e.NotRun:
		return e.Code.String() + "; the call was not run"
	}
	return e.Code.String()
}

// IsRetriable reports whether a call that failed with err may be sent again
// without being run twice, and has hope of another answer: nothing of it was
// sent, or the server said that it did not run it. It is false for nil, for a
// client that is closed, and for refusals that another attempt gets as well.
func IsRetriable(err error) bool {
	if errors.Is(err, ErrClosed) {
		return false
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.NotRun && e.mayPass()
	}
	if e := thrift.TApplicationException(nil); errors.As(err, &e) {
		return refused(mux.Code(e.TypeId()))
	}
	if e := (*mux.Error)(nil); errors.As(err, &e) {
		return refused(e.Code)
	}
	return false
}

// mayPass reports whether what stood in the call's way may be gone another time.
func (e *Error) mayPass() bool {
	switch e.Code {
	case mux.Unavailable, mux.Overloaded, mux.DeadlineExceeded, mux.Canceled:
		return true
	}
	return false
}

// refused reports whether a server that answers with this code has not run the
// call and may do so another time.
func refused(code mux.Code) bool {
	return code.NotRun() && code != mux.UnknownMethod && code != mux.PermissionDenied
}
