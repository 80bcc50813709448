package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/oneport-thrift/oneport/mux"
)

// forwarder is the client as a handler: the service that calls are passed on to.
// Bytes that it passes on are walked once in each direction before one of them
// leaves: arguments by core.call, behind the client's filters, and replies here, in
// front of them.
type forwarder struct {
	c       *Client
	service string
}

var _ mux.Forwarder = (*forwarder)(nil)

// Forwards implements mux.Forwarder.
func (*forwarder) Forwards() {}

// ServeThrift implements mux.Handler.
func (f *forwarder) ServeThrift(ctx context.Context, req *mux.Request) (mux.Reply, error) {
	if err := f.c.start(); err != nil {
		return mux.Reply{}, passOn(req, named(req, startError(err)))
	}
	service, method := req.Service, req.Method
	req.Service = f.service
	req.Sending()
	rep, err := f.c.serve(ctx, req)
	if err == nil {
		if err = f.checkReply(req, &rep); err != nil {
			rep = mux.Reply{}
		}
	}
	code, text, n := attempted(req, &rep, err)
	req.Sent()
	req.Service, req.Method = service, method
	switch {
	case err != nil:
		return mux.Reply{}, passOn(req, err)
	case n != mux.MayHaveRun:
		req.Release() // text is a copy
		e := &mux.Error{Code: mux.Code(code), Message: text, NotRun: n, Err: newException(code, text, n)}
		req.Vouch(e)
		return mux.Reply{Header: rep.Header}, e
	}
	return rep, nil
}

// passOn returns what becomes of the failure err of a call that was forwarded: an
// error with what another client may know of it, which is vouched for.
func passOn(req *mux.Request, err error) error {
	e, own := (*Error)(nil), (*mux.Error)(nil)
	errors.As(err, &e)
	errors.As(err, &own)
	switch inner := (*mux.Error)(nil); {
	case own != nil && (e == nil || !errors.As(e, &inner) || inner != own):
		// A filter of the client speaks. Its error may be one for many calls.
		c := *own
		if err != error(own) {
			c.Err = err
		}
		req.Vouch(&c)
		return &c
	case e == nil:
		return err
	}
	m := &mux.Error{Code: e.Code, NotRun: e.NotRun, Err: err}
	req.Vouch(m)
	m.Message = publicText(m.Code, m.NotRun)
	return m
}

// publicText is what a client's client is told of its failure.
func publicText(code mux.Code, n mux.NotRun) string {
	switch {
	case code == mux.InternalError && n == mux.MayHaveRun:
		return "the connection to the server was lost; the call may have been run"
	case code == mux.WrongMethodName:
		return "the server sent the reply of another method; the call may have been run"
	case n != mux.MayHaveRun:
		return code.String() + "; the call was not run"
	}
	return code.String()
}

// checkReply returns the failure of a call whose reply is more or less than one
// struct, or encoded in another protocol than the call. The connection to the server
// goes on: the reply's end was known.
func (f *forwarder) checkReply(req *mux.Request, rep *mux.Reply) error {
	var err error
	if p := rep.EncodedIn(req); p != req.Protocol {
		err = fmt.Errorf("the server answered in protocol %v a call in protocol %v; results are not translated", p, req.Protocol)
	} else {
		err = req.CheckReply(rep, f.c.bounds.depth)
	}
	if err == nil {
		return nil
	}
	req.Release()
	return named(req, &Error{Code: mux.ProtocolError, Err: err})
}
