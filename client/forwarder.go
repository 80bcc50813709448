package client

import (
	"context"
	"errors"

	"github.com/oneport-thrift/oneport/mux"
	"github.com/oneport-thrift/oneport/protocol/wire"
)

// forwarder is the client as a handler: the service that calls are passed on to.
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
	rep, err := f.c.serve(ctx, req)
	req.Service, req.Method = service, method
	if err != nil {
		return mux.Reply{}, passOn(req, err)
	}
	if rep.Type == wire.Exception {
		code, text, n, err := wire.ParseMarkedException(req.Protocol, rep.Body)
		if err == nil && n != mux.MayHaveRun {
			req.Release() // text is a copy
			req.Attempted(n)
			e := &mux.Error{Code: mux.Code(code), Message: text, NotRun: n, Err: newException(code, text, n)}
			req.Vouch(e)
			return mux.Reply{Header: rep.Header}, e
		}
	}
	req.Attempted(mux.MayHaveRun)
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
	if e.NotRun == mux.MayHaveRun {
		req.Attempted(mux.MayHaveRun)
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
	case n != mux.MayHaveRun:
		return code.String() + "; the call was not run"
	}
	return code.String()
}
