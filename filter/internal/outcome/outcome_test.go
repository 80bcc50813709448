package outcome

import (
	"context"
	"errors"
	"testing"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// failure is an error of a client's.
type failure struct{ error }

func (*failure) CallCode() mux.Code { return mux.Unavailable }

func (*failure) CallNotRun() mux.NotRun { return mux.SendAgain }

func TestOf(t *testing.T) {
	exception := func(code mux.Code) mux.Reply {
		return mux.Reply{Type: wire.Exception, Body: wire.AppendExceptionBody(nil, wire.Compact, int32(code), "text")}
	}
	for _, c := range []struct {
		name          string
		oneway        bool
		rep           mux.Reply
		err           error
		string, label string
		serverFault   bool
	}{
		{name: "a result", rep: mux.Reply{Type: wire.Reply}, string: "ok", label: "ok"},
		{name: "a declared exception", rep: mux.Reply{Type: wire.Reply, Failed: true}, string: "exception", label: "exception"},
		{name: "a oneway", oneway: true, string: "ok", label: "ok"},
		{name: "a oneway that only its reply tells", rep: mux.Reply{Type: wire.Oneway}, string: "ok", label: "ok"},
		{name: "no reply", string: "missing result", label: "missing result", serverFault: true},
		{name: "an error", err: errors.New("x"), string: "internal error", label: "internal error", serverFault: true},
		{name: "a client's fault", err: mux.Errorf(mux.UnknownMethod, "x"), string: "unknown method", label: "unknown method"},
		{name: "a code of the handler's own", err: mux.Errorf(4711, "x"), string: "code 4711", label: "other", serverFault: true},
		{name: "a client's own failure", err: &failure{}, string: "unavailable", label: "unavailable", serverFault: true},
		{name: "a canceled call", err: context.Canceled, string: "canceled", label: "canceled"},
		{name: "an exception", rep: exception(mux.Overloaded), string: "overloaded", label: "overloaded", serverFault: true},
		{name: "an exception of a strange type", rep: exception(-5), string: "code -5", label: "other", serverFault: true},
		{name: "an exception that is cut", rep: mux.Reply{Type: wire.Exception}, string: "internal error", label: "internal error", serverFault: true},
	} {
		req := &mux.Request{Type: wire.Call, Protocol: wire.Compact}
		if c.oneway {
			req.Type = wire.Oneway
		}
		o := Of(req, c.rep, c.err)
		if o.String() != c.string || o.Label() != c.label || o.ServerFault() != c.serverFault {
			t.Errorf("%s: %q, label %q, the server's fault %v", c.name, o.String(), o.Label(), o.ServerFault())
		}
	}
}
