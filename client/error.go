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
//     ThriftMux, where each reply has a frame of its own.
//   - mux.ProtocolError: the arguments could not be encoded (NotRun is set), or
//     the reply not decoded: then the call was run.
//   - mux.InvalidProtocol: a forwarded call in a protocol that the client does
//     not speak to servers. It was not run and never will be.
//
// A client that is used as a handler returns a *mux.Error with the same code around
// it, with a text that names no address. A handler that returns an Error of its own
// calls tells its client no more than "internal error".
type Error struct {
	// Code is one of those above.
	Code mux.Code
	// Service and Method name the call, as the client's filters left them.
	Service, Method string
	// Addr is the endpoint's address, "" if none was picked.
	Addr string
	// NotRun says whether the server certainly did not run the call, nor will.
	NotRun mux.NotRun
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
	if e.NotRun != mux.MayHaveRun {
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

// CallCode implements mux.CallError.
func (e *Error) CallCode() mux.Code { return e.Code }

// CallNotRun implements mux.CallError.
func (e *Error) CallNotRun() mux.NotRun { return e.NotRun }

var _ mux.CallError = (*Error)(nil)

// exception is what a stub returns for a server's exception that says that the call
// was not run. IsRetriable finds in it whether the call may be sent again.
type exception struct {
	thrift.TApplicationException
	notRun mux.NotRun
}

func (e *exception) CallCode() mux.Code { return mux.Code(e.TypeId()) }

func (e *exception) CallNotRun() mux.NotRun { return e.notRun }

// newException returns a server's exception as an error.
func newException(code int32, text string, n mux.NotRun) error {
	e := thrift.NewTApplicationException(code, text)
	if n == mux.MayHaveRun {
		return e
	}
	return &exception{e, n}
}

// IsRetriable reports whether a call that failed with err may be sent again
// without being run twice, and has hope of another answer: nothing of it was
// sent, or the server said that it did not run it and that it may be sent again.
// A server's code alone says neither. It is false for nil, for a client that is
// closed, and for refusals that another attempt gets as well.
func IsRetriable(err error) bool {
	return mux.NotRunOf(err) == mux.SendAgain && !errors.Is(err, ErrClosed)
}
