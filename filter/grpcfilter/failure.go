package grpcfilter

import (
	"errors"
	"io"
	"syscall"
	"unicode/utf8"

	"github.com/apache/thrift/lib/go/thrift"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/oneport-thrift/oneport/filter/internal/outcome"
	"github.com/oneport-thrift/oneport/internal/text"
	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// failure is what interceptors see of a call that failed: an error with a status.
// It remembers what the call really gave, which counts again outside if the
// interceptors return it.
type failure struct {
	of     any // the call, since an interceptor may keep errors of others
	rep    mux.Reply
	err    error // nil if rep tells the failure
	seen   error
	status *status.Status
}

// Error returns the text of the real error, in valid UTF-8: interceptors log it.
func (f *failure) Error() string { return text.Valid(f.seen.Error()) }

// GRPCStatus makes package status see the failure as gRPC's own.
func (f *failure) GRPCStatus() *status.Status { return f.status }

// Unwrap returns the real error, unless that is the end of a stream: interceptors
// take io.EOF for a success.
func (f *failure) Unwrap() error {
	if errors.Is(f.seen, io.EOF) {
		return nil
	}
	return f.seen
}

// statusError is an error that has a status, as those of package status.
type statusError interface{ GRPCStatus() *status.Status }

// fail returns the error that interceptors get for what a call gave, nil if it
// succeeded. An error that has nothing to do with Thrift passes as it is, unless its
// text is not valid UTF-8.
func (o *options) fail(of any, method string, rep *Reply, out outcome.Outcome, err error) error {
	if out.Exception && o.exception != nil {
		if code := o.exception(method, rep); code != codes.OK {
			st := status.New(code, "declared exception")
			return &failure{of: of, rep: rep.reply, seen: st.Err(), status: st}
		}
	}
	if out.Err == nil {
		return nil
	}
	st := statusOf(out.Err)
	switch {
	case st == nil && err != nil && utf8.ValidString(err.Error()):
		return err
	case st == nil && err != nil:
		st = status.Convert(err)
	case st == nil: // the reply is an exception that cannot be read
		st = status.New(codes.Internal, mux.InternalError.String())
	}
	return &failure{of: of, rep: rep.reply, err: err, seen: out.Err, status: valid(st)}
}

// valid returns st with a text that is valid UTF-8: a status of gRPC with another
// cannot be encoded.
func valid(st *status.Status) *status.Status {
	if utf8.ValidString(st.Message()) {
		return st
	}
	p := st.Proto() // a copy
	p.Message = text.Valid(p.Message)
	return status.FromProto(p)
}

// statusOf returns the status that says the same as err, nil if err is an error
// like any other or has one itself.
func statusOf(err error) *status.Status {
	if s, ok := err.(statusError); ok {
		if errors.Is(err, io.EOF) {
			return s.GRPCStatus()
		}
		return nil
	}
	code := mux.CodeOf(err)
	public, message := mux.Public(err)
	if public != code {
		message = code.String() // a client's error
	}
	var panicked *mux.PanicError
	var own *mux.Error
	var call mux.CallError
	var inner statusError
	switch {
	case (errors.As(err, &own) || errors.As(err, &call)) && !(code == mux.InternalError && lost(err)):
		// That of an interceptor further inside may be finer than the code.
		if errors.As(err, &inner) && mux.FromGRPC(uint32(inner.GRPCStatus().Code())) == code {
			return inner.GRPCStatus()
		}
	case lost(err):
		return status.New(codes.Unavailable, codes.Unavailable.String())
	case errors.As(err, &inner):
		return nil
	case code == mux.InternalError && !errors.As(err, &panicked) && !spoken(err):
		return nil
	}
	return status.New(codes.Code(code.GRPC()), message)
}

// lost reports whether err says that a connection ended or never was. Broken
// bytes end early too, but they came.
func lost(err error) bool {
	if broken := (*wire.Error)(nil); errors.As(err, &broken) {
		return false
	}
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	var t thrift.TTransportException
	return errors.As(err, &t) && (t.TypeId() == thrift.END_OF_FILE || t.TypeId() == thrift.NOT_OPEN)
}

// spoken reports whether err is an exception that Thrift itself knows.
func spoken(err error) bool {
	var e thrift.TApplicationException
	return errors.As(err, &e)
}

// result returns what a call gives outside for the error that its interceptors
// returned. ok is false if that is not the failure which they were given.
func result(of any, err error) (rep mux.Reply, cause error, ok bool) {
	for ; err != nil; err = errors.Unwrap(err) {
		switch e := err.(type) {
		case *failure:
			return e.rep, e.err, e.of == of
		case *mux.Error, statusError: // the interceptor's own
			return mux.Reply{}, nil, false
		}
	}
	return mux.Reply{}, nil, false
}

// toError returns the error that tells the client of err, which an interceptor has
// returned; refused says that it did so without passing the call on. What speaks for
// itself, and what is not meant for the client, stays as it is.
func toError(err error, refused bool) error {
	var own *mux.Error
	if errors.As(err, &own) {
		return err
	}
	var s statusError
	if !errors.As(err, &s) {
		return err
	}
	st := s.GRPCStatus()
	e := &mux.Error{Code: mux.FromGRPC(uint32(st.Code())), Message: st.Message(), Err: err}
	switch {
	case !refused:
	case st.Code() == codes.Unavailable, st.Code() == codes.ResourceExhausted:
		e.NotRun = mux.SendAgain
	default:
		e.NotRun = mux.DoNotSendAgain
	}
	return e
}
