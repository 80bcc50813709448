package mux_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
	"github.com/oneport-thrift/oneport/thrift/gen-go/foo"
)

var errSecret = errors.New("the password is swordfish")

func TestPublic(t *testing.T) {
	ended, cancel := context.WithCancelCause(context.Background())
	cancel(errSecret)
	for _, tt := range []struct {
		name string
		err  error
		code mux.Code
		text string
	}{
		{"error of mux", mux.Errorf(mux.Overloaded, "%d calls are too many", 9), mux.Overloaded, "9 calls are too many"},
		{"without a message", &mux.Error{Code: mux.Unavailable}, mux.Unavailable, "unavailable"},
		{"zero", new(mux.Error), mux.Unknown, "unknown"},
		{"with a cause", &mux.Error{Code: mux.Unavailable, Message: "try later", Err: errSecret}, mux.Unavailable, "try later"},
		{"with a cause alone", &mux.Error{Code: mux.Unavailable, Err: errSecret}, mux.Unavailable, "unavailable"},
		{"wrapped", fmt.Errorf("%w: %w", errSecret, mux.Errorf(mux.PermissionDenied, "no")), mux.PermissionDenied, "no"},
		{"wrapped by a stub", thrift.WrapTException(mux.Errorf(mux.PermissionDenied, "no")), mux.PermissionDenied, "no"},
		{"the outer of two", &mux.Error{Code: mux.Unavailable, Err: mux.Errorf(mux.PermissionDenied, "no")}, mux.Unavailable, "unavailable"},
		{"nil pointer", (*mux.Error)(nil), mux.InternalError, "internal error"},

		{"application exception", thrift.NewTApplicationException(thrift.VALIDATION_FAILED, "too short"), mux.InternalError, "internal error"},
		{"application exception without text", thrift.NewTApplicationException(thrift.MISSING_RESULT, ""), mux.InternalError, "internal error"},
		{"application exception, wrapped", fmt.Errorf("%w: %w", errSecret, thrift.NewTApplicationException(42, "special")), mux.InternalError, "internal error"},
		{"error around one", &mux.Error{Code: mux.Unavailable, Message: "later", Err: thrift.NewTApplicationException(1, "x")}, mux.Unavailable, "later"},

		{"other", errSecret, mux.InternalError, "internal error"},
		{"declared exception", &foo.ApiError{Reason: "swordfish"}, mux.InternalError, "internal error"},
		{"protocol exception", thrift.NewTProtocolException(errSecret), mux.InternalError, "internal error"},
		{"transport exception", thrift.NewTTransportException(thrift.TIMED_OUT, "swordfish"), mux.InternalError, "internal error"},
		{"broken bytes", &wire.Error{What: "swordfish"}, mux.InternalError, "internal error"},

		{"panic", mux.NewPanicError("swordfish"), mux.InternalError, "internal error"},
		{"panic with a public error", mux.NewPanicError(mux.Errorf(mux.Overloaded, "no")), mux.InternalError, "internal error"},
		{"panic with an exception", mux.NewPanicError(thrift.NewTApplicationException(1, "no")), mux.InternalError, "internal error"},
		{"panic with a context's error", fmt.Errorf("x: %w", mux.NewPanicError(context.Canceled)), mux.InternalError, "internal error"},
		{"panic that a filter speaks for", &mux.Error{Code: mux.Unavailable, Message: "later", Err: mux.NewPanicError("x")}, mux.Unavailable, "later"},

		{"canceled", fmt.Errorf("%w: %w", errSecret, context.Canceled), mux.Canceled, "canceled"},
		{"deadline", fmt.Errorf("%w: %w", errSecret, context.DeadlineExceeded), mux.DeadlineExceeded, "deadline exceeded"},
		{"a context's cause", context.Cause(ended), mux.InternalError, "internal error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, text := mux.Public(tt.err)
			if code != tt.code || text != tt.text {
				t.Errorf("%v %q, want %v %q", code, text, tt.code, tt.text)
			}
			want := tt.code
			if e := thrift.TApplicationException(nil); errors.As(tt.err, &e) && code == mux.InternalError {
				want = mux.Code(e.TypeId()) // what a client's filter asks about
			}
			if got := mux.CodeOf(tt.err); got != want {
				t.Errorf("CodeOf is %v, want %v", got, want)
			}
		})
	}
}

func TestErrorTellsTheLogMore(t *testing.T) {
	for want, err := range map[string]*mux.Error{
		"try later":                                  {Code: mux.Unavailable, Message: "try later"},
		"try later: the password is swordfish":       {Code: mux.Unavailable, Message: "try later", Err: errSecret},
		"unavailable: the password is swordfish":     {Code: mux.Unavailable, Err: errSecret},
		"code 9000":                                  {Code: 9000},
		"mux: a nil *Error was returned as an error": nil,
		"2 of 3": mux.Errorf(mux.Unknown, "%d of %d", 2, 3),
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if err != nil && errors.Is(err, errSecret) != (err.Err != nil) {
			t.Errorf("%q unwraps to %v", err, errors.Unwrap(err))
		}
	}
}

func TestPanicErrorIsNotItsValue(t *testing.T) {
	err := mux.NewPanicError(io.ErrUnexpectedEOF)
	if errors.Is(err, io.ErrUnexpectedEOF) || err.Value != io.ErrUnexpectedEOF {
		t.Errorf("%v unwraps to its value %v", err, err.Value)
	}
	if got, want := err.Error(), "mux: panic: unexpected EOF"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
