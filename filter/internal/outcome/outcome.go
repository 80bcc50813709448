// Package outcome says what became of a call, for the filters that report calls.
package outcome

import (
	"errors"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// ErrUnwound is the error of a call that never returned to the filter.
var ErrUnwound = errors.New("filter: the handler panicked or ended its goroutine")

// Outcome is what became of a call. The zero Outcome is success.
type Outcome struct {
	Err       error // the call failed: the client gets no result
	Exception bool  // the result is an exception declared in the IDL
}

// Of looks at what the rest of the chain returned for req.
func Of(req *mux.Request, rep mux.Reply, err error) Outcome {
	switch {
	case err != nil:
		return Outcome{Err: err}
	case rep.Type == wire.Exception:
		code, text, n, err := wire.ParseMarkedException(rep.EncodedIn(req), rep.Body)
		if err != nil {
			return Outcome{Err: err}
		}
		return Outcome{Err: &mux.Error{Code: mux.Code(code), Message: text, NotRun: n}}
	case rep.Type == 0 && req.Type != wire.Oneway:
		return Outcome{Err: &mux.Error{Code: mux.MissingResult}}
	}
	return Outcome{Exception: rep.Failed}
}

// String returns "ok", "exception" for one declared in the IDL, or the name of
// the code that the client was told.
func (o Outcome) String() string {
	if o.Err != nil {
		return mux.CodeOf(o.Err).String()
	}
	return o.answered()
}

// Label is String with "other" for codes that are not known, so that there are
// few.
func (o Outcome) Label() string {
	if o.Err != nil {
		return mux.CodeOf(o.Err).Label()
	}
	return o.answered()
}

func (o Outcome) answered() string {
	if o.Exception {
		return "exception"
	}
	return "ok"
}

// ServerFault reports whether the call failed by the server's fault, which the
// HTTP status of a code tells.
func (o Outcome) ServerFault() bool {
	return o.Err != nil && mux.CodeOf(o.Err).HTTPStatus() >= 500
}
