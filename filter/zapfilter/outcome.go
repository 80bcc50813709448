package zapfilter

import (
	"errors"

	"go.uber.org/zap/zapcore"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// errUnwound is the error of a call that never returned to the filter.
var errUnwound = errors.New("zapfilter: the handler panicked or ended its goroutine")

// outcome is what became of a call. The zero outcome is success.
type outcome struct {
	err       error // the call failed: the client gets no result
	exception bool  // the result is an exception declared in the IDL
}

// outcomeOf looks at what the rest of the chain returned.
func outcomeOf(req *mux.Request, rep mux.Reply, err error) outcome {
	switch {
	case err != nil:
		return outcome{err: err}
	case rep.Type == wire.Exception:
		code, text, err := wire.ParseException(req.Protocol, rep.Body)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{err: &mux.Error{Code: mux.Code(code), Message: text}}
	case rep.Type == 0 && req.Type != wire.Oneway:
		return outcome{err: &mux.Error{Code: mux.MissingResult}}
	}
	return outcome{exception: rep.Failed}
}

// String is the outcome as the log has it.
func (o outcome) String() string {
	switch {
	case o.err != nil:
		return mux.CodeOf(o.err).String()
	case o.exception:
		return "exception"
	}
	return "ok"
}

// level is Warn if the fault was the client's, which the HTTP status of a code
// tells, and Error if it was the server's.
func (o outcome) level(opts Options) zapcore.Level {
	switch {
	case o.err != nil && mux.CodeOf(o.err).HTTPStatus() < 500:
		return zapcore.WarnLevel
	case o.err != nil:
		return zapcore.ErrorLevel
	case o.exception:
		return opts.Exception
	}
	return opts.Success
}
