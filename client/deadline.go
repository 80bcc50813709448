package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// deadlineError returns the failure of a call that was sent and whose deadline has
// passed, and nil if the call was answered or failed for another reason. The
// server may notice before the caller's timer fires, as its clock may be ahead:
// then its answer says DeadlineExceeded. Or its answer, or the end of the
// connection, comes at the same moment as the end of the caller's context. Both
// are the same failure to the caller.
//
// A caller without a deadline gets the server's exception as it is, and so does
// one whose context was canceled before its deadline.
func deadlineError(m *call, p wire.Protocol) *Error {
	if m.err == nil && m.kind != wire.Exception {
		return nil
	}
	by, ok := m.ctx.Deadline()
	if !ok || errors.Is(m.ctx.Err(), context.Canceled) {
		return nil
	}
	passed := !time.Now().Before(by)
	why, notRun := m.err, mux.MayHaveRun
	if m.unsent {
		notRun = mux.SendAgain
	}
	if why == nil {
		code, text, n, err := wire.ParseMarkedException(p, m.body)
		switch {
		case err != nil:
			return nil
		case mux.Code(code) == mux.DeadlineExceeded:
		case mux.Code(code) == mux.Canceled && passed:
		default:
			return nil
		}
		why, notRun = fmt.Errorf("the server answers %q", text), n
	} else if !passed {
		return nil
	}
	if cause := context.Cause(m.ctx); cause != nil && !errors.Is(cause, context.DeadlineExceeded) {
		why = fmt.Errorf("%w: %w", cause, why)
	}
	return &Error{Code: mux.DeadlineExceeded, NotRun: notRun, Err: fmt.Errorf("%w: %w", context.DeadlineExceeded, why)}
}
